using System.Net;
using Firn.Identity;

namespace Firn.Transports;

/// <summary>A way of reaching other nodes and of being reached: it dials and listens, and yields secured links.</summary>
internal interface ITransport
{
    /// <summary>The scheme of the addresses it serves: <c>tcp</c>.</summary>
    string Scheme { get; }

    /// <summary>
    /// Whether it dials host names as they are, because a server or proxy has to see them. Else only addresses are dialled, so that all that a name
    /// has can be raced.
    /// </summary>
    bool DialsNames => false;

    /// <summary>Listens on <paramref name="address"/>; port 0 means any free one.</summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.CannotListen"/>; <see cref="ListenFailure.IsPortTaken"/> tells whether another port would do.
    /// </exception>
    ValueTask<ITransportListener> ListenAsync(NodeAddress address, CancellationToken cancellationToken);

    /// <summary>
    /// Resolves, connects and secures. Nothing stays open when it fails or is cancelled; it has no deadline of its own.
    /// </summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.Unreachable"/>: no such name, no route, or refused.
    /// <see cref="FailureReason.TimedOut"/>: the system gave the connection up.
    /// <see cref="FailureReason.NotFirn"/>: something else answered, named where it is known.
    /// <see cref="FailureReason.ConnectionLost"/>: it hung up before the link was secure.
    /// </exception>
    ValueTask<ILink> DialAsync(NodeAddress address, LeafCredential local, CancellationToken cancellationToken);
}

/// <summary>Takes the connections of others.</summary>
internal interface ITransportListener : IAsyncDisposable
{
    /// <summary>Where it really listens.</summary>
    NodeAddress Bound { get; }

    /// <summary>
    /// The next connection, about which nothing but its source is known. Fails only when cancelled or (with
    /// <see cref="ObjectDisposedException"/>) disposed; troubles of a connection or of the system are waited out.
    /// </summary>
    ValueTask<IPendingLink> AcceptAsync(CancellationToken cancellationToken);
}

/// <summary>Connections that share one gate for strangers: a flood over one way leaves the others open.</summary>
internal enum StrangerPool
{
    /// <summary>Connections of the other end itself, over TCP or QUIC.</summary>
    Direct,

    /// <summary>WebSockets, which may all come from the address of one proxy.</summary>
    WebSocket,

    /// <summary>Streams through a relay.</summary>
    Relay,
}

/// <summary>A connection that somebody opened, before TLS. Costs nothing but a socket until it is secured.</summary>
internal interface IPendingLink : IDisposable
{
    /// <summary>Where it comes from; IPv4 as IPv4, however the listener is bound.</summary>
    IPAddress Source { get; }

    /// <summary>Whose gate it waits at.</summary>
    StrangerPool Pool { get; }

    /// <summary>
    /// Secures it as the acceptor; called once. Nothing stays open when it fails or is cancelled; it has no deadline of its own.
    /// </summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.NotFirn"/>: it speaks something else (HTTP was told so).
    /// <see cref="FailureReason.ConnectionLost"/>: it hung up before the link was secure.
    /// </exception>
    ValueTask<ILink> SecureAsync(LeafCredential local, CancellationToken cancellationToken);
}
