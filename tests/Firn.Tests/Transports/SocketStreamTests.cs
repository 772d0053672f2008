using System.Net;
using System.Net.Sockets;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.Transports;

/// <summary>A read of zero bytes waits for something to read, whatever the system still has to say of what was read before.</summary>
public sealed class SocketStreamTests : IAsyncDisposable
{
    private readonly Socket _far;
    private readonly SocketStream _near;

    public SocketStreamTests() => (_far, _near) = Connect();

    public ValueTask DisposeAsync()
    {
        _far.Dispose();
        return _near.DisposeAsync();
    }

    [Fact]
    public async Task It_does_not_end_for_what_was_read_before()
    {
        var one = new byte[1];
        var (farBeside, nearBeside) = Connect();
        using var _ = farBeside;
        await using var beside = nearBeside;
        for (int round = 0; round < 200; round++)
        {
            // Read before the system has told of its arrival, which it then does, before it tells of what comes beside.
            _far.Send(one);
            (await _near.ReadAsync(one)).ShouldBe(1);
            var waiting = _near.ReadAsync(Memory<byte>.Empty);
            var later = beside.ReadAsync(one);
            farBeside.Send(one);
            await later;

            waiting.IsCompleted.ShouldBeFalse($"round {round}");
            _far.Send(one);
            (await waiting).ShouldBe(0);
            (await _near.ReadAsync(one)).ShouldBe(1);
        }
    }

    [Fact]
    public async Task It_ends_with_the_connection()
    {
        var waiting = _near.ReadAsync(Memory<byte>.Empty);
        waiting.IsCompleted.ShouldBeFalse();
        _far.Shutdown(SocketShutdown.Send);
        (await waiting).ShouldBe(0);
        (await _near.ReadAsync(new byte[1])).ShouldBe(0);
    }

    [Fact]
    public async Task It_can_be_cancelled_and_disposed_of()
    {
        using var cancelled = new CancellationTokenSource();
        var waiting = _near.ReadAsync(Memory<byte>.Empty, cancelled.Token);
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting.AsTask());

        // As the end of the connection or as an error, whichever the system tells first.
        var orphan = _near.ReadAsync(Memory<byte>.Empty).AsTask();
        await _near.DisposeAsync();
        await ((Task)orphan).WaitAsync(EventLog.Ceiling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        orphan.IsCompleted.ShouldBeTrue();
    }

    private static (Socket Far, SocketStream Near) Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        far.Connect(listener.LocalEndPoint!);
        return (far, new SocketStream(listener.Accept()));
    }
}
