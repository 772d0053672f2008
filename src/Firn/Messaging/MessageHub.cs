using System.Collections.Concurrent;
using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Messaging;

/// <summary>
/// The messages of a node: its processes, their names, the functions that may be spawned, and the links to its peers. Relations between
/// processes are in the other file.
/// </summary>
internal sealed partial class MessageHub : ProcessHost
{
    private readonly NodeClock _clock;
    private readonly Schedule _schedule;
    private readonly ConcurrentDictionary<ulong, ProcessCore> _processes = [];
    private readonly ConcurrentDictionary<string, ProcessCore> _names = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RegisteredFunction> _functions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<PeerKey, MessageLink> _links = [];
    private readonly CallBook _localCalls;
    private readonly Lock _starting = new();
    private TokenBucket _complaints;
    private bool _isStopping;

    public MessageHub(PeerKey self, Incarnation incarnation, NodeClock clock, Schedule schedule, MessageSerializer serializer, ILogger logger)
    {
        (_clock, _schedule, Serializer, Logger) = (clock, schedule, serializer, logger);
        Life = new NodeLife(self, incarnation);
        _localCalls = NewCallBook();
        _complaints = new TokenBucket(burst: 10, perSecond: 1, clock.Now);
        _relations = new RelationBook(IsAlive, NumberOf, action => _actions.Add(action));
        _pump = new ActionPump<RelationAction>(TakeActions, CarryOut);
    }

    public override NodeLife Life { get; }

    public MessageSerializer Serializer { get; }

    public ILogger Logger { get; }

    public TimeProvider Time => _clock.Time;

    /// <summary>The node that users see; set before any process runs.</summary>
    public Node Node { get; set; } = null!;

    /// <summary>Names of processes, in order.</summary>
    public IReadOnlyList<string> Names => [.. _names.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Names of functions that peers may spawn, in order.</summary>
    public IReadOnlyList<string> Functions => [.. _functions.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Processes that have not ended.</summary>
    public int Count => _processes.Count;

    public CallBook NewCallBook() => new(_clock, _schedule);

    public static FirnException NoProcess(string sentence = "The process has ended, or was never there.") => new(FailureReason.NoProcess, sentence);

    /// <summary>Lets peers spawn <paramref name="function"/> by <paramref name="name"/>.</summary>
    public void Register(string name, RegisteredFunction function)
    {
        CheckName(name);
        if (!_functions.TryAdd(name, function))
            throw new FirnException(FailureReason.InvalidInput, $"A function called {name} is registered already.");
    }

    /// <summary>Makes a process that does not run yet.</summary>
    public Process<TMessage> Create<TMessage>(Func<Process<TMessage>, Task> function, ProcessOptions options)
    {
        ulong number;
        do
            number = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        while (number == 0);
        return new Process<TMessage>(Node, this, number, options.Serializer ?? Serializer, function);
    }

    /// <summary>Lists a process that is about to start, under <paramref name="name"/> if it has one.</summary>
    public void Add(ProcessCore process, string? name = null)
    {
        if (name is not null)
            CheckName(name);
        lock (_starting)
        {
            ObjectDisposedException.ThrowIf(_isStopping, typeof(Node));
            if (name is not null && !_names.TryAdd(name, process))
                throw NameTaken(name);
            _processes[process.Number] = process;
        }
    }

    public void RegisterName(string name, Pid id)
    {
        CheckName(name);
        var process = FindLocal(id) ?? throw NoProcess($"{id} is no process of this node, or has ended: only those can be given a name here.");
        if (!_names.TryAdd(name, process))
            throw NameTaken(name);
        if (process.HasExited)
            _names.TryRemove(new KeyValuePair<string, ProcessCore>(name, process));
    }

    public bool Unregister(string name) => _names.TryRemove(name, out _);

    public Pid? WhereIs(string name) => _names.TryGetValue(name, out var process) ? process.Id : null;

    public override ValueTask SendAsync<T>(Pid to, T message, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        ProcessCore.ThrowIfCurrentExited();
        if (IsHere(to))
            return SendLocalAsync(FindHere(to.Number), message, cancellationToken);
        return LinkTo(to).SendAsync(TargetKey.Of(to.Number), message, serializer ?? Serializer, Tracing.Current(), cancellationToken);
    }

    public override ValueTask<TReply> CallAsync<T, TReply>(
        Pid to, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        ProcessCore.ThrowIfCurrentExited();
        return IsHere(to)
            ? CallLocalAsync<T, TReply>(FindHere(to.Number), message, timeout, cancellationToken)
            : CallRemoteAsync<T, TReply>(LinkTo(to), TargetKey.Of(to.Number), message, timeout, serializer, cancellationToken);
    }

    /// <summary>Sends to whatever process has a name at a node.</summary>
    public ValueTask SendAsync<T>(string name, NodeName node, T message, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        ProcessCore.ThrowIfCurrentExited();
        return node == Life.Node.Name
            ? SendLocalAsync(FindNamed(name), message, cancellationToken)
            : LinkTo(node).SendAsync(TargetKey.Of(name), message, serializer ?? Serializer, Tracing.Current(), cancellationToken);
    }

    /// <summary>Calls whatever process has a name at a node.</summary>
    public ValueTask<TReply> CallAsync<T, TReply>(
        string name, NodeName node, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        ProcessCore.ThrowIfCurrentExited();
        return node == Life.Node.Name
            ? CallLocalAsync<T, TReply>(FindNamed(name), message, timeout, cancellationToken)
            : CallRemoteAsync<T, TReply>(LinkTo(node), TargetKey.Of(name), message, timeout, serializer, cancellationToken);
    }

    /// <summary>Spawns a function of a peer.</summary>
    public async Task<Pid<TMessage>> SpawnAsync<TMessage, TArgument>(
        Peer peer, string function, TArgument argument, ProcessCore? linkedTo, CancellationToken cancellationToken)
    {
        CheckName(function);
        var link = LinkTo(peer.Key);
        var target = new ChannelTarget { Spawn = new SpawnTarget { Function = function, LinkedTo = linkedTo?.Number ?? 0 } };
        var call = new PendingSpawn(this, link, linkedTo);
        ulong number = await link.CallAsync<TArgument, ulong>(
            TargetKey.OnceOnly(target), argument, call, CallTimeout.Check(null), Serializer, Tracing.Current(), cancellationToken).ConfigureAwait(false);
        return new Pid(link.Life, number, this).As<TMessage>();
    }

    /// <summary>Where messages of a channel go that a peer opens; null when there is no such target.</summary>
    public IMessageTarget? FindTarget(MessageLink link, ChannelTarget wire) => wire.TargetCase switch
    {
        ChannelTarget.TargetOneofCase.Process => _processes.GetValueOrDefault(wire.Process)?.Mailbox,
        ChannelTarget.TargetOneofCase.Name => _names.GetValueOrDefault(wire.Name)?.Mailbox,
        ChannelTarget.TargetOneofCase.Call => new LargeReplyTarget(wire.Call),
        _ => new SpawnRequest(this, wire.Spawn),
    };

    /// <summary>A function that peers may spawn; null if there is none of that name.</summary>
    public RegisteredFunction? FindFunction(string name) => _functions.GetValueOrDefault(name);

    /// <summary>
    /// A session's messages are carried from now on, unless it is over. Completes when nothing that came on the one before it is handed
    /// over any more.
    /// </summary>
    public Task Attach(MessageLink link)
    {
        var before = _links.TryGetValue(link.PeerKey, out var other) ? other.Closed : Task.CompletedTask;
        BeginRelations(link);
        _links[link.PeerKey] = link;
        if (link.IsClosed)
            OnLinkClosed(link);
        return before;
    }

    /// <summary>A session's messages are over.</summary>
    public void OnLinkClosed(MessageLink link)
    {
        _links.TryRemove(new KeyValuePair<PeerKey, MessageLink>(link.PeerKey, link));
        EndRelations(link);
    }

    /// <summary>A process has ended.</summary>
    public void OnExited(ProcessCore process, Firn.ExitReason reason)
    {
        _processes.TryRemove(process.Number, out _);
        foreach (var name in _names.Where(n => n.Value == process).ToList())
            _names.TryRemove(name);
        EndRelations(process, reason);
    }

    /// <summary>A message came that its process cannot read.</summary>
    public void OnUnreadable(ProcessCore process, FirnException e)
    {
        lock (_starting)
        {
            if (!_complaints.TryTake(_clock.Now))
                return;
        }

        LogUnreadable(Logger, process.Number, e.Message);
    }

    /// <summary>Ends all processes, and waits for their functions for as long as <paramref name="patience"/>.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        lock (_starting)
            _isStopping = true;
        var processes = _processes.Values.ToArray();
        foreach (var process in processes)
            process.Exit(Firn.ExitReason.Shutdown);
        _localCalls.Close(new FirnException(FailureReason.ShuttingDown, "This node is stopping."));
        await Task.WhenAny(Task.WhenAll(processes.Select(p => p.Ended)), Task.Delay(patience, Time)).ConfigureAwait(false);
    }

    public ProcessCore? FindLocal(Pid id) => IsHere(id) ? _processes.GetValueOrDefault(id.Number) : null;

    private static FirnException NameTaken(string name) => new(FailureReason.NameTaken, $"The name {name} belongs to another process: unregister it first.");

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: no process or function may have that name.</exception>
    public static void CheckName(string name)
    {
        if (!ProcessName.IsValid(name))
            throw new FirnException(FailureReason.InvalidInput, $"\"{name}\" is no name of a process: expected 1 to 128 of A-Z a-z 0-9 . _ / -");
    }

    private bool IsHere(Pid id) => ReferenceEquals(id.Life, Life) || id.Life == Life;

    private ProcessCore FindHere(ulong number) => _processes.GetValueOrDefault(number) ?? throw NoProcess();

    private ProcessCore FindNamed(string name) => _names.GetValueOrDefault(name) ?? throw NoProcess($"No process called {name} is on this node.");

    private MessageLink LinkTo(Pid id)
    {
        var link = LinkTo(id.Life.Node);
        if (link.Life.Incarnation != id.Life.Incarnation)
            throw NoProcess($"{id} belonged to an earlier life of {id.Life.Node.Name}, which has been restarted.");
        return link;
    }

    private MessageLink LinkTo(PeerKey peer) => _links.GetValueOrDefault(peer)
        ?? throw new FirnException(FailureReason.NotConnected, $"{peer.Name} is not connected: connect first, or wait for PeerUp.");

    private MessageLink LinkTo(NodeName node)
    {
        foreach (var link in _links.Values)
        {
            if (link.PeerKey.Name == node)
                return link;
        }

        throw new FirnException(FailureReason.NotConnected, $"{node} is not connected: connect first, or wait for PeerUp.");
    }

    private static ValueTask SendLocalAsync<T>(ProcessCore process, T message, CancellationToken cancellationToken) =>
        process.Mailbox.DeliverLocalAsync(message, null, Tracing.Current(), cancellationToken);

    private async ValueTask<TReply> CallLocalAsync<T, TReply>(ProcessCore process, T message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var call = PendingCall<TReply>.Rent(this, Serializer);
        _localCalls.Add(call, timeout);
        ulong number = call.Call;
        var reply = call.Task;
        if (cancellationToken.CanBeCanceled)
            call.CancelOn(_localCalls, cancellationToken);
        try
        {
            await process.Mailbox.DeliverLocalAsync(message, CallTicket.Of(_localCalls, call), Tracing.Current(), call.BeginSending()).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _localCalls.TryTake(number)?.Fail(e);
        }

        call.EndSending();
        return await reply.ConfigureAwait(false);
    }

    private ValueTask<TReply> CallRemoteAsync<T, TReply>(
        MessageLink link, TargetKey target, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        serializer ??= Serializer;
        var call = PendingCall<TReply>.Rent(this, serializer);
        return link.CallAsync<T, TReply>(target, message, call, timeout, serializer, Tracing.Current(), cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Process {Number:x16} was sent what it cannot read, which was dropped: {Why}")]
    private static partial void LogUnreadable(ILogger logger, ulong number, string why);
}
