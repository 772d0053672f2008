using Firn.Protocol;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

/// <summary>Strangers who take their time, by the node's clock: ten seconds for everything, and not a millisecond more or less.</summary>
public sealed class SilenceTests : NodeFixture
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly VirtualTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Theory]
    [InlineData("TCP")]
    [InlineData("TLS")]
    [InlineData("Challenge")]
    [InlineData("Verdict")]
    public async Task A_client_that_falls_silent_is_gone_after_its_deadline(string after)
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        var begun = _time.GetUtcNow();
        using var rogue = new Rogue();
        Stream stream = await BeginAsync(rogue, a, after);
        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 1, "the node to take the connection");
        var ending = RawTls.ReadToEndAsync(stream);

        _time.Advance(Deadline - Millisecond);
        a.Node.Core.Acceptor.Strangers.ShouldBe(1);
        _time.Advance(Millisecond);

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        await ending;
        (refused.Reason, refused.At - begun).ShouldBe((FailureReason.TimedOut, Deadline));
        refused.Message.ShouldContain("10 s");
        a.Node.Peers.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_byte_a_second_buys_no_time()
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        var begun = _time.GetUtcNow();
        using var rogue = new Rogue();
        await using var link = await rogue.DialAsync(a.Address);
        byte[] slow = [(byte)HandshakeMessageType.Proof | 0x80, 0x01, 0x00, .. new byte[256]];

        for (int i = 0; i < 10; i++)
        {
            a.Events.Of<RefusedEvent>().ShouldBeEmpty();
            await link.Stream.WriteAsync(slow.AsMemory(i, 1));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        (refused.Reason, refused.At - begun).ShouldBe((FailureReason.TimedOut, Deadline));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("oversized")]
    [InlineData("wrong order")]
    public async Task What_is_no_answer_ends_it_at_once(string which)
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        using var rogue = new Rogue();
        await using var link = await rogue.DialAsync(a.Address);
        byte[] sent = which switch
        {
            "garbage" => [0x7f, 0x45, 0x4c, 0x46, 0x02],
            "oversized" => [(byte)HandshakeMessageType.Proof | 0x80, 0xff, 0xff],
            _ => [(byte)HandshakeMessageType.Commit, 0, 0],
        };
        await link.ReceiveAsync();
        await link.Stream.WriteAsync(sent);

        await RawTls.ReadToEndAsync(link.Stream);

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.ProtocolError);
        refused.Message.ShouldContain(which switch { "garbage" => "type 127", "oversized" => "65535 bytes", _ => "expected a Proof" });
    }

    [Fact]
    public async Task A_stranger_that_hangs_up_still_gets_its_reason_logged()
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        using var rogue = new Rogue();
        await using (var link = await rogue.DialAsync(a.Address))
        {
            await link.Stream.WriteAsync(new byte[] { 0x7f, 0x45, 0x4c });
            link.Link.Abort();
        }

        await a.Events.FirstAsync<RefusedEvent>();
        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 0, "the connection to be forgotten");
    }

    [Fact]
    public async Task A_flood_of_refusals_is_told_in_few_words()
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        for (int i = 0; i < 200; i++)
        {
            using var client = await RawTls.ConnectAsync(a.Address);
            await client.GetStream().WriteAsync("no TLS"u8.ToArray());
            await RawTls.ReadToEndAsync(client.GetStream());
        }

        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 0, "all to be refused");
        _time.Advance(TimeSpan.FromSeconds(1));
        using (var last = await RawTls.ConnectAsync(a.Address))
        {
            await last.GetStream().WriteAsync("no TLS"u8.ToArray());
            await a.Events.FirstAsync<RefusedEvent>(e => e.Message.Contains("72 more", StringComparison.Ordinal));
        }

        a.Events.Of<RefusedEvent>().Count().ShouldBe(129);
    }

    private static async Task<Stream> BeginAsync(Rogue rogue, LiveNode node, string after)
    {
        if (after == "TCP")
            return (await RawTls.ConnectAsync(node.Address)).GetStream();

        var link = await rogue.DialAsync(node.Address);
        if (after == "Challenge")
            await link.ReceiveAsync();
        if (after == "Verdict")
            await link.ProveAsync();
        return link.Stream;
    }
}
