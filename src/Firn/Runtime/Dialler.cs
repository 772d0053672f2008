using System.Diagnostics;
using Firn.Protocol;
using Firn.Relays;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>Carries out dials, each within 10 seconds.</summary>
internal sealed class Dialler(NodeCore node) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskGroup _dials = new();

    public void Start(StartDial dial) => _dials.Run(() => new DialRun(node, this, dial, _stopping.Token).RunAsync());

    /// <summary>A secured link by <paramref name="way"/>; who is at its end is not known yet.</summary>
    /// <exception cref="FirnException">As <see cref="TransportChoice.DialAsync"/>; <see cref="FailureReason.NotConnected"/>: the relay is gone.</exception>
    public ValueTask<ILink> ConnectAsync(DialWay way, CancellationToken cancellationToken) => way switch
    {
        DirectWay direct => node.Setup.Transports.DialAsync(direct, node.Setup.Credentials.For(node.Clock.Wall), cancellationToken),
        RelayedWay relayed => RelayDialer.DialAsync(
            node.Find(relayed.Relay)
                ?? throw new FirnException(FailureReason.NotConnected, $"{relayed}: there is no session with it any more."),
            relayed.Target, node.Setup.Credentials.For(node.Clock.Wall), cancellationToken),
        _ => throw new UnreachableException($"There is no way of the kind {way.GetType().Name}."),
    };

    /// <summary>Cancels what is under way and waits for its end; later dials are not begun.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _dials.CloseAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }
}
