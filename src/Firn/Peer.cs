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

    /// <summary>Where the other end of the session is; through a relay, where that is.</summary>
    public NodeAddress Address => _session.RemoteAddress;

    /// <summary>The transport of the session: <c>tcp</c>, or <c>relay</c>.</summary>
    public string Transport => _session.Link.Transport;

    /// <summary>The peer that relays the session, from end to end encrypted; null when it goes straight.</summary>
    public NodeName? Via => _session.Link.Relay?.Relay.Name;

    /// <summary>Which end dialled the session.</summary>
    public SessionDirection Direction => _session.Link.IsInitiator ? SessionDirection.Outbound : SessionDirection.Inbound;

    /// <summary>The end of a tunnel that this peer takes towards this node, negotiated from what both say of themselves.</summary>
    public NodeRole Role => Negotiate().Theirs;

    /// <summary>Why <see cref="Role"/> is <see cref="NodeRole.Indeterminate"/>; null when it is not.</summary>
    public string? RoleReason => Negotiate().Reason;

    /// <summary>What this node asked of it before it was a peer.</summary>
    public AdmissionMode Admission => _node.Setup.Options.Admit;

    /// <summary>Which cookie the session was proved by: the one that proves now, or one that only verifies still; null if none was.</summary>
    public CookieAge? Cookie => _node.Setup.Handshake.Admission.Keyring is { } keyring && _session.Terms.Cookie is { } proved
        ? keyring.IndexOf(proved) == 0 ? CookieAge.Current : CookieAge.Old
        : null;

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

    /// <summary>
    /// Opens a stream of bytes for <paramref name="protocol"/>, which the peer handles. It returns at once and may be written to; that nobody
    /// handles it shows as a <see cref="StreamResetException"/>. While 1,024 are open, it waits.
    /// </summary>
    /// <param name="protocol">1 to 128 of <c>[A-Za-z0-9._/-]</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: the peer was lost.</exception>
    public Task<FirnStream> OpenStreamAsync(string protocol, CancellationToken cancellationToken = default) =>
        _session.Streams.OpenAsync(this, CheckProtocol(protocol), cancellationToken);

    /// <summary>Starts a process there that runs a function which that node has registered.</summary>
    /// <typeparam name="TMessage">What it takes.</typeparam>
    /// <typeparam name="TArgument">What it is started with.</typeparam>
    /// <param name="function">The name under which it is registered.</param>
    /// <param name="argument">Not null.</param>
    /// <param name="serializer">Writes the argument, and what is then sent to the process, which must have the same one; the node's if null.</param>
    /// <param name="cancellationToken">Ends the wait; the process may start all the same.</param>
    /// <exception cref="FirnException">It was not started: <see cref="FailureReason.NotRegistered"/>, <see cref="FailureReason.BadMessage"/>: the
    /// function takes another argument, <see cref="FailureReason.NotConnected"/>; or nobody knows: <see cref="FailureReason.TimedOut"/>, no answer
    /// in 5 s.</exception>
    public Task<Pid<TMessage>> SpawnAsync<TMessage, TArgument>(
        string function, TArgument argument, MessageSerializer? serializer = null, CancellationToken cancellationToken = default) =>
        _node.Hub.SpawnAsync<TMessage, TArgument>(this, function, argument, serializer, linkedTo: null, cancellationToken);

    /// <summary>Whatever process has <paramref name="name"/> there when a message arrives.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: it is no name.</exception>
    public NamedProcess<TMessage> Named<TMessage>(string name) => new(_node.Hub, name, Name, null);

    /// <summary>Ends the session. Neither side dials the other again until one is told to, or is restarted.</summary>
    public Task HangupAsync() => _node.HangupAsync(this);

    /// <summary><c>name@host</c>.</summary>
    public override string ToString() => Name.ToString();

    internal static string CheckProtocol(string protocol) => StreamOpening.IsProtocol(protocol)
        ? protocol
        : throw new FirnException(
            FailureReason.InvalidInput, $"\"{protocol}\" is no name of a protocol: expected 1 to {StreamOpening.MaxProtocol} of A-Z a-z 0-9 . _ / -");

    internal void Switch(Session session) => _session = session;

    internal void MarkDown() => IsConnected = false;

    private RoleOutcome Negotiate() => _node.Negotiate(this);
}
