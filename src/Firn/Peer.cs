using Firn.Protocol;
using Firn.Sessions;

namespace Firn;

/// <summary>
/// A connected node: the association with one incarnation of it, whichever session carries it at the moment. It ends when the
/// node reports PeerDown; a new one begins when the same node comes back.
/// </summary>
public sealed class Peer
{
    private readonly NodeCore _node;
    private volatile Session _session;

    internal Peer(NodeCore node, Session session)
    {
        (_node, _session) = (node, session);
        ConnectedAt = session.ConnectedAt;
        IsConnected = true;
    }

    /// <summary>Its full name.</summary>
    public NodeName Name => Key.Name;

    /// <summary>Its key.</summary>
    public Did Did => Key.Did;

    /// <summary>Which life of it this is.</summary>
    public Incarnation Incarnation => _session.Terms.Incarnation;

    /// <summary>The session that carries the association now.</summary>
    public SessionId SessionId => _session.Terms.Id;

    /// <summary>Where the other end of the session is.</summary>
    public NodeAddress Address => _session.RemoteAddress;

    /// <summary>The transport of the session: <c>tcp</c>.</summary>
    public string Transport => _session.Link.Transport;

    /// <summary>Which end dialled the session.</summary>
    public SessionDirection Direction => _session.Link.IsInitiator ? SessionDirection.Outbound : SessionDirection.Inbound;

    /// <summary>The end of a tunnel that this peer takes towards this node, negotiated from what both say of themselves.</summary>
    public NodeRole Role => Negotiate().Theirs;

    /// <summary>Why <see cref="Role"/> is <see cref="NodeRole.Indeterminate"/>; null when it is not.</summary>
    public string? RoleReason => Negotiate().Reason;

    /// <summary>What it can do.</summary>
    public IReadOnlyList<string> Capabilities => Description.Capabilities;

    /// <summary>All that it says of itself.</summary>
    public PeerDescription Description => _session.Description;

    /// <summary>The smoothed round-trip time (RFC 6298); until the first pong, the time that an answer took in the handshake.</summary>
    public TimeSpan Rtt => _session.Rtt;

    /// <summary>Since when the association exists.</summary>
    public DateTimeOffset ConnectedAt { get; }

    /// <summary>Product and version that it runs.</summary>
    public string SoftwareVersion => Description.SoftwareVersion;

    /// <summary>False once PeerDown was decided.</summary>
    public bool IsConnected { get; private set; }

    internal PeerKey Key => _session.Terms.Peer;

    internal Session Session => _session;

    /// <summary>Sends one ping and waits for its answer; returns the round-trip time.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: the peer was lost before the answer came;
    /// <see cref="FailureReason.Busy"/>: 64 pings are under way.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var session = _session;
            try
            {
                return await session.PingAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (FirnException e) when (e.Reason == FailureReason.NotConnected && _session != session)
            {
                // Another session has taken its place: the peer is still there.
            }
        }
    }

    /// <summary>Ends the session. Neither side dials the other again until one is told to, or is restarted.</summary>
    public Task HangupAsync() => _node.HangupAsync(this);

    /// <summary><c>name@host</c>.</summary>
    public override string ToString() => Name.ToString();

    internal void Switch(Session session) => _session = session;

    internal void MarkDown() => IsConnected = false;

    private RoleOutcome Negotiate() => _node.Negotiate(this);
}
