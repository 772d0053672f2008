using Firn.Discovery;
using Firn.Identity;
using Firn.Messaging;
using Firn.Protocol;
using Firn.Runtime;
using Firn.Transports;
using Microsoft.Extensions.Logging;

namespace Firn;

/// <summary>
/// This process as a named node: it listens, finds its peers, proves who it is, and stays connected. Safe to use from any
/// thread. Dispose it to say goodbye to every peer.
/// </summary>
public sealed partial class Node : IAsyncDisposable
{
    private readonly NodeSetup _setup;
    private readonly NodeCore _core;
    private readonly OwnRecord _record;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lazy<Task> _disposal;
    private Task _events = Task.CompletedTask;

    private Node(NodeSetup setup)
    {
        _setup = setup;
        _core = new NodeCore(setup);
        _core.Hub.Node = this;
        NamesProcess.Start(_core.Hub);
        _record = new OwnRecord(_core);
        _disposal = new Lazy<Task>(StopAsync);
        Stopped = _stopped.Token;
    }

    /// <summary>
    /// A peer is connected. Raised one at a time and in order, together with <see cref="PeerDown"/>, on the thread pool; an
    /// exception of a handler is logged.
    /// </summary>
    public event Action<Peer>? PeerUp;

    /// <summary>A peer is no longer connected, for a reason.</summary>
    public event Action<Peer, EndReason>? PeerDown;

    /// <summary>What this node knows of itself.</summary>
    public NodeSelf Self { get; private set; } = null!;

    /// <summary>The peers that are connected at this moment, ordered by name.</summary>
    public IReadOnlyList<Peer> Peers => _core.Peers;

    /// <summary>What this node says of itself to its peers; change it with <see cref="DescribeAsync"/>.</summary>
    public PeerDescription Description => _core.Description;

    /// <summary>Cancelled when the node is disposed.</summary>
    public CancellationToken Stopped { get; }

    /// <summary>What this node asks of peers.</summary>
    public AdmissionMode Admission => _setup.Options.Admit;

    internal FirnHome? Home => _setup.Home;

    internal NodeCore Core => _core;

    internal bool IsKeyExposed => _setup.Identity.IsKeyExposed;

    /// <summary>Starts a node called <paramref name="name"/> (<c>name</c> or <c>name@host</c>) with the cookie of the default home.</summary>
    /// <exception cref="FirnException">It cannot start; the sentence says why and what to do.</exception>
    public static Task<Node> StartAsync(string name, CancellationToken cancellationToken = default) =>
        StartAsync(new NodeOptions { Name = name }, cancellationToken);

    /// <summary>Starts a node. When it returns the node listens, and dials its configured peers in the background.</summary>
    /// <exception cref="FirnException">It cannot start; the sentence says why and what to do.</exception>
    public static async Task<Node> StartAsync(NodeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var peers = options.Peers.Select(NodeAddress.Parse).ToList();
        options.DnsPeers.ToList().ForEach(static name => DnsPlace.Parse(name));   // refused before anything is begun
        var setup = await Task.Run(() => NodeSetup.Create(options), cancellationToken).ConfigureAwait(false);
        var node = new Node(setup);
        try
        {
            await node.ListenAsync(cancellationToken).ConfigureAwait(false);
            node.Begin(peers);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Connects to <paramref name="address"/> and stays connected until hung up; completes at once if its node is connected
    /// already. A DID, or <c>name@host</c> of a peer that is known, is dialled wherever that was said to be.
    /// </summary>
    /// <exception cref="FirnException">It could not be reached, or one of the two ends refused.</exception>
    public Task<Peer> ConnectAsync(string address, CancellationToken cancellationToken = default) =>
        address.StartsWith("did:", StringComparison.Ordinal)
            ? ConnectAsync(Did.Parse(address), cancellationToken)
            : ConnectAsync(NodeAddress.Parse(address), cancellationToken);

    /// <summary>As <see cref="ConnectAsync(string, CancellationToken)"/>.</summary>
    /// <exception cref="FirnException">It could not be reached, or one of the two ends refused.</exception>
    public Task<Peer> ConnectAsync(NodeAddress address, CancellationToken cancellationToken = default) =>
        _core.ConnectAsync(address, cancellationToken);

    /// <summary>Connects to the node of <paramref name="did"/>, where peers or sources have said that it is.</summary>
    /// <exception cref="FirnException">Nobody has said so, it could not be reached, or one of the two ends refused.</exception>
    public Task<Peer> ConnectAsync(Did did, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(did);
        return _core.ConnectAsync(did, cancellationToken);
    }

    /// <summary>
    /// Trusts the node of <paramref name="did"/> from now on; with a home also in later runs, as its other nodes do. In
    /// <see cref="AdmissionMode.Cookie"/> that only pins its name.
    /// </summary>
    /// <param name="did">Its key.</param>
    /// <param name="name">The only name that it may have, <c>name</c> or <c>name@host</c>, and that nobody else may; any if null.</param>
    /// <param name="cancellationToken">Ends the wait; the change may stay.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: the name is pinned to another key, or malformed.</exception>
    public Task TrustAsync(Did did, string? name = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(did);
        var entry = new TrustEntry(did, name is null ? null : TrustEntry.CheckName(name), null, _core.Clock.Wall);
        return _core.Admission.ChangeTrustAsync(list => list.With(entry with { Label = list.Find(did)?.Label })).WaitAsync(cancellationToken);
    }

    /// <summary>No longer trusts the node of <paramref name="did"/>: its session ends, with <see cref="EndReason.Refused"/>, if it came in by trust.</summary>
    public Task DistrustAsync(Did did, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(did);
        return _core.Admission.ChangeTrustAsync(list => list.Without(did)).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Takes up at once what has changed about cookies and trust list of the home. It does so by itself within 5 seconds.
    /// </summary>
    /// <exception cref="FirnException">They cannot be read; the node goes on with what it has.</exception>
    public Task ReloadAsync(CancellationToken cancellationToken = default) => _core.Admission.ReloadAsync().WaitAsync(cancellationToken);

    /// <summary>The connected peer with this full name, name before the <c>@</c>, or unambiguous beginning of one.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: there is none;
    /// <see cref="FailureReason.InvalidInput"/>: there are several.</exception>
    public Peer FindPeer(string name)
    {
        var peers = Peers;
        var found = NameMatch.Find(peers, peer => peer.Name, name);
        return found.Count switch
        {
            1 => found[0],
            0 => throw new FirnException(FailureReason.NotConnected, $"No peer called {name} is connected. {Known(peers)}"),
            _ => throw new FirnException(FailureReason.InvalidInput, $"\"{name}\" could be {string.Join(" or ", found)}: give more of the name."),
        };
    }

    /// <summary>
    /// Says something new of this node to every peer; completes when the sessions have it to send. Of changes that follow each
    /// other closely (more than 16 at once, or one a second for long) the last one counts.
    /// </summary>
    /// <param name="change">Makes the new description of the present one; called again if another change comes in between.</param>
    /// <param name="cancellationToken">Ends the wait; the change stays.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: outside the limits of <see cref="PeerDescription"/>.</exception>
    public Task DescribeAsync(Func<PeerDescription, PeerDescription> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _core.DescribeAsync(change).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Everything that happens from this call on, until the node is disposed. A watcher that is more than 1,024 events behind
    /// loses the oldest and is told so.
    /// </summary>
    public IAsyncEnumerable<NodeEvent> WatchAsync() => _core.Events.Watch();

    /// <summary>
    /// Says goodbye to every peer, for at most 3 seconds, and lets go of name, ports and keys. Handlers of events have run when it
    /// completes; none of them may wait for it.
    /// </summary>
    public ValueTask DisposeAsync() => new(_disposal.Value);

    private async Task StopAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        _record.Dispose();
        Withdraw();
        await _core.DisposeAsync().ConfigureAwait(false);
        await _events.ConfigureAwait(false);
        foreach (var transport in _setup.Transports.OfType<IAsyncDisposable>())
            await transport.DisposeAsync().ConfigureAwait(false);
        _setup.Dispose();
        _stopped.Dispose();
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var options = _setup.Options;
        if (options.Listen.Count == 0)
            await ListenByDefaultAsync(cancellationToken).ConfigureAwait(false);
        foreach (string address in options.Listen)
            _core.Acceptor.Run(await ListenAsync(address, cancellationToken).ConfigureAwait(false));

        Self = new NodeSelf(
            _setup.Self.Name, _setup.Self.Did, _setup.Identity.Incarnation, options.Cluster,
            [.. _core.Acceptor.Bound], _setup.StartedAt, NodeSetup.SoftwareVersion);
    }

    /// <summary>TCP, and QUIC on the port of the same number, where the machine can: nobody has asked for it, so nothing fails for its lack.</summary>
    private async Task ListenByDefaultAsync(CancellationToken cancellationToken)
    {
        var tcp = await ListenAsync("tcp://[::]", cancellationToken).ConfigureAwait(false);
        _core.Acceptor.Run(tcp);
        if (_setup.Transports.FirstOrDefault(t => t.Scheme == "quic") is not { } quic)
            return;
        if (!QuicSupport.IsThere)
        {
            LogNoQuic(_core.Logger, QuicSupport.Missing);
            return;
        }

        try
        {
            var address = NodeAddress.Create("quic", tcp.Bound.Host, tcp.Bound.Port);
            _core.Acceptor.Run(await quic.ListenAsync(address, cancellationToken).ConfigureAwait(false));
        }
        catch (FirnException e) when (e.Reason == FailureReason.CannotListen)
        {
            LogQuicLeftOut(_core.Logger, e.Message);
        }
    }

    /// <summary>Listens; on a free port if the default one is taken and was not asked for.</summary>
    private async Task<ITransportListener> ListenAsync(string text, CancellationToken cancellationToken)
    {
        var address = NodeAddress.Parse(text);
        var transport = _setup.Transports.FirstOrDefault(t => t.Scheme == address.Scheme)
            ?? throw new FirnException(FailureReason.Unsupported, $"{address}: this build of Firn does not listen on {address.Scheme}; use tcp.");
        bool namesPort = text.EndsWith($":{address.Port}", StringComparison.Ordinal);
        try
        {
            return await transport.ListenAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (FirnException e) when (!namesPort && ListenFailure.IsPortTaken(e))
        {
            var free = NodeAddress.Create(address.Scheme, address.Host, 0);
            return await transport.ListenAsync(free, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Begin(IReadOnlyList<NodeAddress> peers)
    {
        _events = RaiseEventsAsync(_core.Events.Watch(static e => e is PeerUpEvent or PeerDownEvent));
        _record.Start();
        _core.Admission.Start();
        _core.Sources.Start(new StaticPeers(peers), DialKind.Configured, Self);
        if (_setup.Home is { } home)
            Announce(home);
        if (_setup.Home is { } shared && _setup.Options.Discovery)
        {
            _core.Sources.Start(new LocalNodes(shared), DialKind.Local, Self);
            if (LocalLinks.AreOfUse(Self.Listening))
                _core.Sources.Start(MdnsSource.For(_core), DialKind.Found, Self);
        }

        foreach (string name in _setup.Options.DnsPeers)
            _core.Sources.Start(new DnsPeers(DnsPlace.Parse(name), _setup.Options.Dns, _setup.Options.TimeProvider, _core.Logger), DialKind.Named, Self);
        foreach (var source in _setup.Options.Sources)
            _core.Sources.Start(source, DialKind.Found, Self);
    }

    /// <summary>
    /// Tells the others of this home that this node is here, before it looks for those that were here before: of two that start at once, at
    /// least one sees the other.
    /// </summary>
    private void Announce(FirnHome home) => RunningNodes.Announce(_setup.Identity, new RunningNode(
        Self.Name, Self.Did, Environment.ProcessId, Self.Cluster, Self.Listening, ControlSocketPath.For(home, Self.Name), Self.StartedAt));

    /// <summary>A home that is gone or full must not keep the node from saying goodbye; who finds the file sees that the lock is free.</summary>
    private void Withdraw()
    {
        try
        {
            if (_setup.Identity.Directory is not null)
                RunningNodes.Withdraw(_setup.Identity);
        }
        catch (FirnException e)
        {
            LogNotWithdrawn(_core.Logger, e.Message);
        }
    }

    private async Task RaiseEventsAsync(IAsyncEnumerable<NodeEvent> events)
    {
        await foreach (var happened in events.ConfigureAwait(false))
        {
            try
            {
                if (happened is PeerUpEvent up)
                    PeerUp?.Invoke(up.Peer);
                else if (happened is PeerDownEvent down)
                    PeerDown?.Invoke(down.Peer, down.Reason);
                else if (happened is EventsLostEvent lost)
                    LogHandlersTooSlow(_core.Logger, lost.Count);
            }
#pragma warning disable CA1031 // A handler is the user's code: whatever it throws is logged, and the node lives on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogHandlerFailed(_core.Logger, e);
            }
        }
    }

    private static string Known(IReadOnlyList<Peer> peers) =>
        peers.Count == 0 ? "No peer is connected." : $"Connected: {string.Join(", ", peers)}.";

    [LoggerMessage(Level = LogLevel.Information, Message = "QUIC is left out, TCP serves: {Why}")]
    private static partial void LogNoQuic(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "QUIC is left out, TCP serves. {Why}")]
    private static partial void LogQuicLeftOut(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The announcement of this node stays behind: {Why}")]
    private static partial void LogNotWithdrawn(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The handlers of PeerUp and PeerDown are so slow that {Count} events were dropped")]
    private static partial void LogHandlersTooSlow(ILogger logger, long count);

    [LoggerMessage(Level = LogLevel.Error, Message = "A handler of PeerUp or PeerDown has thrown")]
    private static partial void LogHandlerFailed(ILogger logger, Exception e);
}
