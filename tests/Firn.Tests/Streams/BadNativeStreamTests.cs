using System.Buffers.Binary;
using System.Text;
using Firn.Protocol;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.Streams;

/// <summary>Streams of the transport's own, from a peer that does with them what it may not. In memory, and over QUIC where that is.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls DisposeAsync")]
public abstract class BadNativeStreamTests : IAsyncLifetime
{
    private readonly VirtualTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly Fabric _fabric;
    private readonly Rogue _rogue = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RogueLink _link = null!;
    private LiveNode _node = null!;

    private protected BadNativeStreamTests(Func<Fabric> create) => _fabric = create();

    private INativeStreams Streams => _link.Link.Native!;

    public async Task InitializeAsync()
    {
        Skip.If(_fabric.Missing is not null, _fabric.Missing);
        await _fabric.BeginAsync();
        _node = await _fabric.StartAsync("node", options =>
            (options.TimeProvider, options.PingInterval, options.PingDeadline) = (_time, TimeSpan.FromHours(1), TimeSpan.FromHours(1)));
        _node.Node.HandleStreams("read/1", static stream => stream.CopyToAsync(Stream.Null));
        _node.Node.HandleStreams("idle/1", _ => _end.Task);
        _link = _rogue.Begin(await _fabric.DialAsync(_node, _rogue.Leaf));
        await _link.JoinAsync();
    }

    public async Task DisposeAsync()
    {
        _end.SetResult();
        await (_link?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _fabric.DisposeAsync();
        _rogue.Dispose();
    }

    [SkippableTheory]
    [InlineData("another frame")]
    [InlineData("flags")]
    [InlineData("too long")]
    [InlineData("another number")]
    [InlineData("no protocol")]
    [InlineData("no name")]
    public async Task An_opening_that_is_none_ends_the_session(string wrong)
    {
        await using var stream = await Streams.OpenAsync(CancellationToken.None);
        string protocol = wrong switch { "too long" => new string('x', 129), "no protocol" => "", "no name" => "a b", _ => "read/1" };
        var opening = Opening(stream.Id + (wrong == "another number" ? 2u : 0), protocol);
        if (wrong == "another frame")
            opening[0] = (byte)FrameType.StreamData;
        if (wrong == "flags")
            opening[1] = 1;
        await stream.WriteAsync(opening, isEnd: false);

        await ShouldEndAsync("without the name of a protocol");
    }

    [SkippableFact]
    public async Task More_than_was_granted_ends_the_session()
    {
        await using var stream = await OpenAsync("idle/1");
        BinaryPrimitives.ReadInt64BigEndian(await _link.ReceiveUntilAsync(FrameType.StreamCredit)).ShouldBe(256 * 1024);
        await stream.WriteAsync(new byte[256 * 1024], isEnd: false);
        await NodeGroup.UntilAsync(() => _node.Node.Peers.Single().Session.Received.Bytes >= 256 * 1024, "all that was granted to be taken");
        _node.Node.Peers.Single().Session.IsEnded.ShouldBeFalse();
        await stream.WriteAsync(new byte[1], isEnd: false);

        await ShouldEndAsync("more than was granted");
    }

    [SkippableTheory]
    [InlineData(FrameType.StreamData)]
    [InlineData(FrameType.StreamReset)]
    public async Task Frames_on_it_that_belong_to_others_end_the_session(object type)
    {
        await using var stream = await OpenAsync("idle/1");
        await NodeGroup.UntilAsync(() => _node.Node.Peers.Single().Session.Streams.Count == 1, "the stream to be served");
        await _link.SendAsync((byte)(FrameType)type, [0, 0, 0, 9], channel: stream.Id);

        await ShouldEndAsync("which the transport carries");
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("\u0010\0\0")]
    public async Task One_that_says_nothing_is_dropped_after_ten_seconds_and_the_session_stays(string said)
    {
        await using var stream = await Streams.OpenAsync(CancellationToken.None);
        if (said.Length > 0)
            await stream.WriteAsync(Encoding.Latin1.GetBytes(said), isEnd: false);
        else
            stream.AbortRead(9);   // so that it is heard of
        await using var other = await OpenAsync("read/1");   // behind it
        await NodeGroup.UntilAsync(() => _node.Node.Peers.Single().Session.Streams.Count == 1, "the other one to be served");

        while (!stream.WritesClosed.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(stream.WritesClosed, Task.Delay(1));
        }

        (await Should.ThrowAsync<NativeAbortException>(stream.WritesClosed)).Code.ShouldBe(StreamResetCode.Cancelled);
        _node.Node.Peers.Single().Session.IsEnded.ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_session_that_ends_says_so_on_its_streams_and_gives_its_reason_on_the_main_one()
    {
        await using var stream = await OpenAsync("idle/1");
        await NodeGroup.UntilAsync(() => _node.Node.Peers.Single().Session.Streams.Count == 1, "the stream to be served");
        var ending = _node.Node.Peers.Single().HangupAsync();

        (await Should.ThrowAsync<NativeAbortException>(async () => await stream.ReadAsync(new byte[1], CancellationToken.None)))
            .Code.ShouldBe(NativeAbortException.SessionOver);
        var close = Protocol.Wire.Close.Parser.ParseFrom(await _link.ReceiveUntilAsync(FrameType.Close));
        close.Reason.ShouldBe(Protocol.Wire.CloseReason.Hangup);
        await _link.Link.DisposeAsync();
        await ending.Within();
    }

    [SkippableFact]
    public async Task Streams_as_frames_are_served_on_such_a_link_too()
    {
        var (opening, id) = (new byte[StreamOpening.MaxLength], 1001u);
        int length = StreamOpening.Write(opening, 1000, "unknown/1");
        await _link.SendAsync((byte)FrameType.StreamOpen, opening[..length], channel: id);

        BinaryPrimitives.ReadUInt32BigEndian(await _link.ReceiveUntilAsync(FrameType.StreamReset)).ShouldBe(StreamResetCode.UnknownProtocol);
    }

    private async Task<INativeStream> OpenAsync(string protocol)
    {
        var stream = await Streams.OpenAsync(CancellationToken.None);
        await stream.WriteAsync(Opening(stream.Id, protocol), isEnd: false);
        return stream;
    }

    private static byte[] Opening(uint id, string protocol)
    {
        var opening = new byte[FrameHeader.Size + sizeof(uint) + protocol.Length];
        new FrameHeader(FrameType.StreamOpen, 0, (ushort)(sizeof(uint) + protocol.Length), id).Write(opening);
        StreamOpening.Write(opening.AsSpan(FrameHeader.Size), 100_000, protocol);
        return opening;
    }

    private async Task ShouldEndAsync(string why)
    {
        var close = Protocol.Wire.Close.Parser.ParseFrom(await _link.ReceiveUntilAsync(FrameType.Close));
        close.Reason.ShouldBe(Protocol.Wire.CloseReason.ProtocolError);
        close.Detail.ShouldContain(why);
    }
}

public sealed class QuicBadNativeStreamTests() : BadNativeStreamTests(static () => new QuicFabric());

public sealed class MemoryBadNativeStreamTests() : BadNativeStreamTests(static () => new MemoryFabric(hasNativeStreams: true));
