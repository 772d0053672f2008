using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn;

/// <summary>How a node is started. All of it is optional: two nodes of one user on one machine mesh with no options at all.</summary>
public sealed class NodeOptions
{
    /// <summary>
    /// The node's name: <c>name</c> or <c>name@host</c>. By default the user's name at this machine's, and
    /// <c>user-2@…</c>, <c>user-3@…</c> while others run under it.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>
    /// The home directory with cookie and identities. By default <c>$FIRN_HOME</c>, else <c>$XDG_CONFIG_HOME/firn</c>, else
    /// <c>~/.config/firn</c> (<c>%APPDATA%\firn</c> on Windows).
    /// </summary>
    public string? Home { get; set; }

    /// <summary>
    /// Gives the passphrase of an identity that is encrypted (<c>firn id encrypt</c>), instead of the places that are looked at by
    /// default: <c>$CREDENTIALS_DIRECTORY/firn-passphrase</c>, the file that <c>FIRN_PASSPHRASE_FILE</c> names, <c>FIRN_PASSPHRASE</c>.
    /// </summary>
    public PassphraseReader? Passphrase { get; set; }

    /// <summary>Use no home at all: a fresh identity for this run only. Needs <see cref="Cookie"/>, or <see cref="AdmissionMode.Trust"/>.</summary>
    public bool Ephemeral { get; set; }

    /// <summary>What a peer must have: the cookie, a trusted key, or both.</summary>
    public AdmissionMode Admit { get; set; }

    /// <summary>Keys of peers to trust, as DIDs, besides those of the home's trust list.</summary>
    public IList<string> Trusted { get; } = [];

    /// <summary>
    /// The cookie itself, instead of the one of the home; of several, one a line, the first proves and all verify. Prefer a file: this one
    /// stays in memory as text.
    /// </summary>
    public string? Cookie { get; set; }

    /// <summary>A file that holds the cookie, or several, one a line, instead of <c>&lt;home&gt;/cookie</c>.</summary>
    public string? CookieFile { get; set; }

    /// <summary>The cluster: only nodes of the same one connect. At most 64 of <c>[A-Za-z0-9._-]</c>.</summary>
    public string Cluster { get; set; } = "default";

    /// <summary>
    /// Addresses to listen on, <c>tcp://host:port</c> or <c>quic://host:port</c>; port 0 takes a free one. By default all interfaces on
    /// port 3476, or on a free port while that one is taken, over TCP, and over QUIC where the machine can. <c>ws://host:port</c> and
    /// <c>wss://host:port</c> take <c>ServeWebSockets()</c> of Firn.AspNetCore.
    /// </summary>
    public IList<string> Listen { get; } = [];

    /// <summary>
    /// Where others reach this node besides where it listens, which peers and invites are told first: behind a reverse proxy
    /// <c>wss://host</c>, behind a router an address of its. Up to 8, with a literal IP or, for <c>ws</c> and <c>wss</c>, a DNS name.
    /// </summary>
    public IList<string> Advertise { get; } = [];

    /// <summary>Addresses of peers to stay connected to.</summary>
    public IList<string> Peers { get; } = [];

    /// <summary>Whether to connect to nodes that peers tell of.</summary>
    public MeshMode Mesh { get; set; } = MeshMode.Full;

    /// <summary>
    /// Whether to look for nodes: those of the same home on this machine, and, unless the node listens on loopback alone, those of its
    /// cluster on the links of this machine (multicast DNS), where it shows its name and key. Without a home there is neither.
    /// </summary>
    public bool Discovery { get; set; } = true;

    /// <summary>
    /// DNS names whose addresses are peers, <c>name</c> or <c>name:port</c>, looked up again as often as their time to live says: those of the SRV
    /// records of <c>_firn._tcp.name</c> and, where QUIC can be spoken, <c>_firn._udp.name</c>; or else of the name itself, on port 3476 unless
    /// given. So a Kubernetes headless service is a mesh.
    /// </summary>
    public IList<string> DnsPeers { get; } = [];

    /// <summary>
    /// Whether this node joins peers that cannot reach each other and ask for it. What it passes on is encrypted from end to end: it sees who talks
    /// with whom, when and how much. It says so with <see cref="NodeCapability.Relay"/>.
    /// </summary>
    public bool Relay { get; set; }

    /// <summary>Further sources of places where peers may be.</summary>
    public IList<IPeerSource> Sources { get; } = [];

    /// <summary>What this node can do, as its peers see it; <see cref="NodeCapability"/> has the ones with a meaning to Firn.</summary>
    public IList<string> Capabilities { get; } = [];

    /// <summary>Which end of a tunnel this node wants to be.</summary>
    public RoleHint RoleHint { get; set; }

    /// <summary>How long a session may be silent before its peer is pinged: 15 s unless set, 10 ms to 1 day.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a pinged peer may stay silent before it counts as dead: 15 s unless set, 10 ms to 1 day.</summary>
    public TimeSpan PingDeadline { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How messages, arguments and replies become bytes and back, unless said otherwise per call: as JSON. Bytes themselves
    /// (<see cref="byte"/> arrays, memory, sequences) travel as they are, whatever this is.
    /// </summary>
    public MessageSerializer Serializer { get; set; } = JsonMessageSerializer.Default;

    /// <summary>Where the node logs to.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The clock and timers; replaced in tests.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where passphrases come from instead; the tool can also ask at a terminal.</summary>
    internal IReadOnlyList<Unlocking.PassphraseSource>? PassphraseSources { get; set; }

    /// <summary>What listens on <c>ws</c> and <c>wss</c>; nothing does if null.</summary>
    internal Transports.IWebSocketServer? WebSocketServer { get; set; }

    /// <summary>How WebSockets are dialled: what is set about their TCP connections, and proxies instead of those of the environment.</summary>
    internal Transports.TcpOptions WebSocketTcp { get; set; } = new();

    internal System.Net.IWebProxy? Proxy { get; set; }

    /// <summary>Transports instead of the usual ones; for simulations.</summary>
    internal IReadOnlyList<Transports.ITransport>? Transports { get; set; }

    /// <summary>How the records of <see cref="DnsPeers"/> are looked up, instead of at the system's name servers.</summary>
    internal global::Firn.Discovery.IDnsLookup Dns { get; set; } = global::Firn.Discovery.DnsLookup.OfSystem;

    /// <summary>How host names are resolved, instead of by the system.</summary>
    internal Transports.NameResolver Resolve { get; set; } = global::Firn.Transports.SystemNames.ResolveAsync;

    /// <summary>The largest payload of a frame of a stream or message that is sent; a few bytes in tests of reassembly.</summary>
    internal int MaxSentPayload { get; set; } = Protocol.FrameHeader.DefaultMaxPayload;

    /// <summary>Whether the process is short of memory, instead of what the garbage collector says.</summary>
    internal Func<bool>? IsMemoryShort { get; set; }

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: an option is out of its range.</exception>
    internal void Validate()
    {
        RequireSpan(PingInterval, "ping interval");
        RequireSpan(PingDeadline, "ping deadline");
        if (!Enum.IsDefined(Admit))
            throw new FirnException(FailureReason.InvalidInput, $"Admit is {Admit}: expected Cookie, Trust or Both.");
        if (Ephemeral && Admit != AdmissionMode.Trust && Cookie is null && CookieFile is null)
            throw new FirnException(FailureReason.InvalidInput, "An ephemeral node has no home to keep a cookie in: expected Cookie or CookieFile to be set.");
        if (Admit == AdmissionMode.Trust && (Cookie is not null || CookieFile is not null))
        {
            throw new FirnException(
                FailureReason.InvalidInput,
                "A node that admits by trust has no use for a cookie: expected neither Cookie nor CookieFile, or Admit to be Both.");
        }

        if (Cookie is not null && CookieFile is not null)
            throw new FirnException(FailureReason.InvalidInput, "Both Cookie and CookieFile are set: expected one of them.");
    }

    private static void RequireSpan(TimeSpan span, string what)
    {
        if (span < TimeSpan.FromMilliseconds(10) || span > TimeSpan.FromDays(1))
            throw new FirnException(FailureReason.InvalidInput, $"The {what} is {span}: expected 10 ms to 1 day.");
    }
}
