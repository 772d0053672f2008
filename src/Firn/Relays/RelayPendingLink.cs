using Firn.Identity;
using Firn.Protocol;
using Firn.Transports;

namespace Firn.Relays;

/// <summary>A connection that a relay has brought, before TLS.</summary>
/// <param name="stream">The stream from the relay; it belongs to the link.</param>
/// <param name="asker">Who asked for it, as the relay says.</param>
/// <param name="onServed">Called once, when it is a stranger no more.</param>
internal sealed class RelayPendingLink(FirnStream stream, Did asker, Action onServed) : IPendingLink
{
    private int _isServed;

    public Source Source { get; } = Source.Through(stream.Peer.Did, asker);

    public string Origin { get; } = $"{asker} via {stream.Peer}";

    public StrangerPool Pool => StrangerPool.Relay;

    public async ValueTask<ILink> SecureAsync(LeafCredential local, CancellationToken cancellationToken)
    {
        var raw = new RawConnection(stream, Origin, RelayLeg.Transport, null, () => stream.Reset(), new RelayLeg(stream));
        return await TlsLink.AcceptAsync(raw, local, cancellationToken).ConfigureAwait(false);
    }

    public void OnServed()
    {
        if (Interlocked.Exchange(ref _isServed, 1) == 0)
            onServed();
    }

    public void Dispose()
    {
        stream.Reset(StreamResetCode.Busy);
        stream.Dispose();
        OnServed();
    }
}
