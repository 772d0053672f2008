using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.Transports;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls DisposeAsync")]
public sealed class MemoryNetworkTests : IAsyncLifetime
{
    private const int Buffer = 1000;

    private readonly CancellationTokenSource _ceiling = new(EventLog.Ceiling);
    private readonly VirtualTimeProvider _time = new();
    private readonly MemoryNetwork _network;
    private readonly MemoryTransport _a;
    private readonly MemoryTransport _b;
    private ITransportListener _listener = null!;

    public MemoryNetworkTests()
    {
        _network = new MemoryNetwork(_time) { BufferBytes = Buffer };
        (_a, _b) = (_network.Join("a.test"), _network.Join("b.test"));
    }

    private CancellationToken Ceiling => _ceiling.Token;

    public async Task InitializeAsync() => _listener = await _b.ListenAsync(NodeAddress.Parse("b.test:0"), Ceiling);

    public async Task DisposeAsync()
    {
        await _listener.DisposeAsync();
        _ceiling.Dispose();
    }

    [Fact]
    public async Task A_link_tells_each_end_what_TLS_would()
    {
        var (dialled, accepted) = await LinkAsync();

        dialled.Remote.LeafDer.ShouldBe(Leaves.Beta.Der);
        accepted.Remote.LeafDer.ShouldBe(Leaves.Alpha.Der);
        accepted.RemoteEndPoint!.Address.ShouldBe(_a.Address);
        dialled.RemoteEndPoint!.Port.ShouldBe(_listener.Bound.Port);
        (dialled.IsInitiator, accepted.IsInitiator).ShouldBe((true, false));
        (_network.Dials, _network.Links, _network.OpenConnections).ShouldBe((1, 1, 1));

        await dialled.DisposeAsync();
        accepted.Abort();
        _network.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_full_link_makes_its_writer_wait_and_loses_nothing()
    {
        var (dialled, accepted) = await LinkAsync();
        var sent = Enumerable.Range(0, 10 * Buffer).Select(i => (byte)i).ToArray();

        var writing = dialled.Stream.WriteAsync(sent, Ceiling).AsTask();
        writing.IsCompleted.ShouldBeFalse();
        var received = new byte[sent.Length];
        await accepted.Stream.ReadExactlyAsync(received, Ceiling);
        await writing;

        received.ShouldBe(sent);
    }

    [Fact]
    public async Task Bytes_take_their_time_and_keep_their_order()
    {
        var (dialled, accepted) = await LinkAsync();
        int milliseconds = 50;
        _network.Latency = (_, _) => TimeSpan.FromMilliseconds(milliseconds);
        await dialled.Stream.WriteAsync(new byte[] { 1 }, Ceiling);
        milliseconds = 10;
        await dialled.Stream.WriteAsync(new byte[] { 2 }, Ceiling);
        var buffer = new byte[10];

        var reading = accepted.Stream.ReadAsync(buffer, Ceiling).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(49));
        reading.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        (await reading).ShouldBe(2);
        buffer[..2].ShouldBe([1, 2]);
    }

    [Fact]
    public async Task An_empty_read_waits_for_bytes_and_takes_none()
    {
        var (dialled, accepted) = await LinkAsync();

        var waiting = accepted.Stream.ReadAsync(Memory<byte>.Empty, Ceiling).AsTask();
        waiting.IsCompleted.ShouldBeFalse();
        await dialled.Stream.WriteAsync(new byte[] { 7 }, Ceiling);

        (await waiting).ShouldBe(0);
        (await ReadAsync(accepted)).ShouldBe(1);
    }

    [Fact]
    public async Task A_silent_path_holds_bytes_until_it_heals()
    {
        var (dialled, accepted) = await LinkAsync();
        _network.SetPath("a.test", "b.test", PathState.Silent);
        await dialled.Stream.WriteAsync(new byte[] { 1 }, Ceiling);
        await accepted.Stream.WriteAsync(new byte[] { 2 }, Ceiling);

        var reading = ReadAsync(accepted);
        (await ReadAsync(dialled)).ShouldBe(1);   // the other direction goes on
        _time.Advance(TimeSpan.FromHours(1));
        reading.IsCompleted.ShouldBeFalse();
        _network.Heal();

        (await reading).ShouldBe(1);
    }

    [Fact]
    public async Task A_partition_fails_dials_or_leaves_them_hanging()
    {
        _network.Partition(["a.test"], ["b.test"], PathState.Unreachable);
        (await DialFailureAsync(_listener.Bound)).Reason.ShouldBe(FailureReason.Unreachable);

        _network.Partition(["a.test"], ["b.test"], PathState.Silent);
        var dialling = DialAsync(Ceiling);
        dialling.IsCompleted.ShouldBeFalse();
        _network.Heal();
        await using var accepted = await AcceptAsync();
        await using var dialled = await dialling;
    }

    [Fact]
    public async Task A_cut_resets_both_ends()
    {
        var (dialled, accepted) = await LinkAsync();
        var reading = ReadAsync(dialled);

        _network.Cut("b.test", "a.test").ShouldBe(1);

        await Should.ThrowAsync<IOException>(reading);
        await Should.ThrowAsync<IOException>(() => ReadAsync(accepted));
        await Should.ThrowAsync<IOException>(async () => await accepted.Stream.WriteAsync(new byte[9], Ceiling));
    }

    [Fact]
    public async Task An_abort_reaches_the_other_end_as_a_reset_once_the_network_lets_it()
    {
        var (dialled, accepted) = await LinkAsync();
        _network.Partition(["a.test"], ["b.test"]);
        var reading = ReadAsync(accepted);

        dialled.Abort();
        await Should.ThrowAsync<ObjectDisposedException>(() => ReadAsync(dialled));
        reading.IsCompleted.ShouldBeFalse();
        _network.Heal();

        await Should.ThrowAsync<IOException>(reading);
        await Should.ThrowAsync<IOException>(async () => await accepted.Stream.WriteAsync(new byte[9], Ceiling));
    }

    [Fact]
    public async Task A_disposed_end_ends_the_others_reading_after_what_was_written()
    {
        var (dialled, accepted) = await LinkAsync();
        await dialled.Stream.WriteAsync(new byte[3], Ceiling);
        await dialled.DisposeAsync();

        (await ReadAsync(accepted)).ShouldBe(3);
        (await ReadAsync(accepted)).ShouldBe(0);
    }

    [Fact]
    public async Task Dials_fail_as_those_of_TCP_do()
    {
        (await DialFailureAsync(NodeAddress.Parse("b.test:1"))).Reason.ShouldBe(FailureReason.Unreachable);
        (await DialFailureAsync(NodeAddress.Parse("nobody.test"))).Reason.ShouldBe(FailureReason.Unreachable);

        var taken = await Should.ThrowAsync<FirnException>(async () => await _b.ListenAsync(_listener.Bound, Ceiling));
        ListenFailure.IsPortTaken(taken).ShouldBeTrue();

        var refused = DialAsync(Ceiling);
        (await _listener.AcceptAsync(Ceiling)).Dispose();
        (await Should.ThrowAsync<FirnException>(refused)).Reason.ShouldBe(FailureReason.ConnectionLost);

        using var cancel = new CancellationTokenSource();
        var cancelled = DialAsync(cancel.Token);
        var pending = await _listener.AcceptAsync(Ceiling);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled);
        await Should.ThrowAsync<FirnException>(async () => await pending.SecureAsync(Leaves.Beta, Ceiling));
        _network.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task TLS_runs_over_any_duplex_stream()
    {
        var (one, other) = MemoryDuplexStream.CreatePair();
        var initiating = TlsLink.InitiateAsync(new RawConnection(one, "one", "wss", null, one.Abort), Leaves.Alpha, Ceiling);
        await using var accepted = await TlsLink.AcceptAsync(
            new RawConnection(other, "other", "wss", null, other.Abort), Leaves.Beta, Ceiling);
        await using var initiated = await initiating;

        accepted.Remote.LeafDer.ToArray().ShouldBe(Leaves.Alpha.Der.ToArray());
        initiated.Remote.LeafDer.ToArray().ShouldBe(Leaves.Beta.Der.ToArray());
        initiated.Abort();
        await Should.ThrowAsync<IOException>(() => ReadAsync(accepted));
    }

    private async Task<(ILink Dialled, ILink Accepted)> LinkAsync()
    {
        var dialling = DialAsync(Ceiling);
        var accepted = await AcceptAsync();
        return (await dialling, accepted);
    }

    private Task<int> ReadAsync(ILink link) => link.Stream.ReadAsync(new byte[9], Ceiling).AsTask();

    private Task<ILink> DialAsync(CancellationToken cancellationToken) =>
        _a.DialAsync(_listener.Bound, Leaves.Alpha, cancellationToken).AsTask();

    private async Task<ILink> AcceptAsync()
    {
        var pending = await _listener.AcceptAsync(Ceiling);
        return await pending.SecureAsync(Leaves.Beta, Ceiling);
    }

    private Task<FirnException> DialFailureAsync(NodeAddress address) =>
        Should.ThrowAsync<FirnException>(async () => await _a.DialAsync(address, Leaves.Alpha, Ceiling));
}
