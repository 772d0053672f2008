using System.Collections.Concurrent;
using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Messaging;

/// <summary>
/// The messages of a node: its processes, their names, the functions that may be spawned, and the links to its peers. Sending, and
/// relations between processes, are in the other files.
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
    private readonly Lock _gate = new();   // around names, and the beginning of the end
    private TokenBucket _complaints;
    private bool _isStopping;

    public MessageHub(PeerKey self, Incarnation incarnation, NodeClock clock, Schedule schedule, MessageSerializer serializer, ILogger logger)
    {
        (_clock, _schedule, Serializer, Logger) = (clock, schedule, serializer, logger);
        Life = new NodeLife(self, incarnation);
        _localCalls = NewCallBook();
        _complaints = new TokenBucket(burst: 10, perSecond: 1, clock.Now);
        _relations = new RelationBook(IsAlive, NumberOf, Act);
        _pump = new ActionPump<RelationAction>(TakeActions, CarryOut);
    }

    public override NodeLife Life { get; }

    public MessageSerializer Serializer { get; }

    public ILogger Logger { get; }

    public TimeProvider Time => _clock.Time;

    /// <summary>The node that users see; set before any process runs.</summary>
    public Node Node { get; set; } = null!;

    public MessageCounts Counts { get; } = new();

    /// <summary>What runs here for peers.</summary>
    public SpawnQuota Spawned { get; } = new();

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

    /// <summary>Makes a process and starts it, linked to another of this node if that is given.</summary>
    public Pid<TMessage> Spawn<TMessage>(Func<Process<TMessage>, Task> function, ProcessOptions? options, ProcessCore? linkedTo = null)
    {
        ProcessCore.ThrowIfCurrentExited();
        options ??= ProcessOptions.Default;
        var process = Create(function, options);
        if (linkedTo is null)
            Add(process.CoreOf, options.Name);
        else
            AddLinked(process.CoreOf, options.Name, linkedTo);
        process.CoreOf.Start();
        return process.Pid;
    }

    public void RegisterName(string name, Pid id)
    {
        CheckName(name);
        lock (_gate)
        {
            var process = FindLocal(id) ?? throw NoProcess($"{id} is no process of this node, or has ended: only those can be given a name here.");
            TakeName(name, process);
        }
    }

    public bool Unregister(string name)
    {
        ProcessCore? process;
        lock (_gate)
        {
            if (ProcessName.IsReserved(name) || !_names.TryRemove(name, out process))
                return false;
            process.Names.Remove(name);
        }

        process.Mailbox.CloseNamed(name);
        return true;
    }

    public Pid? WhereIs(string name) => _names.TryGetValue(name, out var process) ? process.Id : null;

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
        Counts.Begin(link);
        _connected[link.PeerKey.Name] = true;
        if (other is not null)
            other.IsRoute = false;   // monitors are of the new session from here on, so nothing may be sent on the one before
        _links[link.PeerKey] = link;
        link.IsRoute = true;
        if (link.IsClosed)
            OnLinkClosed(link);
        return before;
    }

    /// <summary>A session's messages are over.</summary>
    public void OnLinkClosed(MessageLink link)
    {
        link.IsRoute = false;
        _links.TryRemove(new KeyValuePair<PeerKey, MessageLink>(link.PeerKey, link));
        Counts.End(link);
        EndRelations(link);
    }

    /// <summary>A process has ended.</summary>
    public void OnExited(ProcessCore process, Firn.ExitReason reason)
    {
        Counts.Ended(reason.Kind);
        lock (_gate)
        {
            _processes.TryRemove(process.Number, out _);
            foreach (string name in process.Names)
                _names.TryRemove(name, out _);
        }

        EndRelations(process, reason);
    }

    /// <summary>A message came that its process cannot read.</summary>
    public void OnUnreadable(ProcessCore process, FirnException e)
    {
        Counts.Unreadable();
        bool isLogged;
        lock (_gate)
            isLogged = _complaints.TryTake(_clock.Now);
        if (isLogged)
            LogUnreadable(Logger, process.Number, e.Message);
    }

    /// <summary>Ends all processes, and waits for their functions for as long as <paramref name="patience"/>.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        lock (_gate)
            _isStopping = true;
        var processes = _processes.Values.ToArray();
        foreach (var process in processes)
            process.Exit(Firn.ExitReason.Shutdown);
        _localCalls.Close(new FirnException(FailureReason.ShuttingDown, "This node is stopping."));
        await Task.WhenAny(Task.WhenAll(processes.Select(p => p.Ended)), Task.Delay(patience, Time)).ConfigureAwait(false);
    }

    public ProcessCore? FindLocal(Pid id) => IsHere(id) ? _processes.GetValueOrDefault(id.Number) : null;

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: no process or function may have that name.</exception>
    public static void CheckName(string name)
    {
        CheckSpelling(name);
        if (ProcessName.IsReserved(name))
            throw new FirnException(FailureReason.InvalidInput, $"\"{name}\" is reserved: names that begin with {ProcessName.Reserved} are Firn's own; choose another.");
    }

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: no process or function has that name, not even one of Firn's own.</exception>
    public static void CheckSpelling(string name)
    {
        if (!ProcessName.IsValid(name))
            throw new FirnException(FailureReason.InvalidInput, $"\"{Shown(name)}\" is no name of a process or function: expected 1 to {ProcessName.MaxLength} of A-Z a-z 0-9 . _ / -");
    }

    /// <summary>Lists a process that is about to start, under <paramref name="name"/> if it has one.</summary>
    private void Add(ProcessCore process, string? name)
    {
        if (name is not null)
            CheckName(name);
        AddUnchecked(process, name);
    }

    private void AddUnchecked(ProcessCore process, string? name)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isStopping, typeof(Node));
            if (name is not null)
                TakeName(name, process);
            _processes[process.Number] = process;
        }
    }

    /// <summary>Under the gate.</summary>
    private void TakeName(string name, ProcessCore process)
    {
        if (!_names.TryAdd(name, process))
            throw new FirnException(FailureReason.NameTaken, $"The name {name} belongs to another process: unregister it first.");
        process.Names.Add(name);
    }

    private static string Shown(string? name) => name is { Length: > 200 } ? name[..200] + "…" : name ?? "";

    private bool IsHere(Pid id) => id.Life == Life;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Process {Number:x16} was sent what it cannot read, which was dropped: {Why}")]
    private static partial void LogUnreadable(ILogger logger, ulong number, string why);
}
