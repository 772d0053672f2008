using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Testing;

/// <summary>
/// The real nodes of one test: ephemeral ones that share a cookie. They talk over TCP on loopback, or over a network in memory
/// and on virtual time. All that still run are disposed with it.
/// </summary>
internal sealed class NodeGroup : IAsyncDisposable
{
    /// <summary>A strong cookie: nothing is stretched.</summary>
    public const string Cookie = "firn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    public const string OtherCookie = "firn_Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA";

    private readonly List<LiveNode> _nodes = [];
    private readonly Dictionary<string, MemoryTransport> _machines = [];

    /// <summary>On virtual time, and in memory, with connections that hold so many bytes in each direction.</summary>
    public static NodeGroup InMemory(int bufferBytes = MemoryNetwork.DefaultBuffer)
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);
        return new NodeGroup { Time = time, Network = new MemoryNetwork(time) { BufferBytes = bufferBytes } };
    }

    /// <summary>In memory, and in real time; with streams of the connections' own, or without.</summary>
    public static NodeGroup InMemory(TimeProvider time, bool hasNativeStreams = false) =>
        new() { Network = new MemoryNetwork(time) { HasNativeStreams = hasNativeStreams } };

    public VirtualTimeProvider? Time { get; private init; }

    public MemoryNetwork? Network { get; private init; }

    /// <summary>Options of a node that is called <paramref name="name"/> and lives on a machine of that name.</summary>
    public NodeOptions Options(string name)
    {
        var options = new NodeOptions { Name = $"{name}@{name}.lan", Ephemeral = true, Cookie = Cookie, Discovery = false };
        if (Network is null)
        {
            options.Listen.Add("tcp://127.0.0.1:0");
            return options;
        }

        if (!_machines.TryGetValue(name, out var machine))
            _machines[name] = machine = Network.Join(name);
        options.TimeProvider = Network.Time;
        options.Transports = [machine];
        options.Listen.Add($"tcp://{machine.Address}:3476");
        return options;
    }

    public Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null)
    {
        var options = Options(name);
        change?.Invoke(options);
        return StartAsync(options);
    }

    public async Task<LiveNode> StartAsync(NodeOptions options)
    {
        var node = new LiveNode(await Node.StartAsync(options), options);
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }

    /// <summary>TCP that dials from <paramref name="source"/>: another machine, as far as limits go.</summary>
    public static ITransport TcpFrom(string source) =>
        new TcpTransport(new TcpOptions { DialFrom = System.Net.IPAddress.Parse(source) }, TimeProvider.System, NullLogger.Instance);

    /// <summary>Advances virtual time in small steps until <paramref name="goal"/> is reached, with the nodes at work in between.</summary>
    public async Task DriveAsync(Task goal)
    {
        var step = TimeSpan.FromMilliseconds(10);
        using var ceiling = new CancellationTokenSource(EventLog.Ceiling);
        while (!goal.IsCompleted && !ceiling.IsCancellationRequested)
        {
            Time!.Advance(step);
            await Task.WhenAny(goal, Task.Delay(1, CancellationToken.None));
        }

        if (!goal.IsCompleted)
            throw new TimeoutException($"This was not reached within {EventLog.Ceiling.TotalSeconds} s. What happened:\n{Story()}");
        await goal;
    }

    private string Story()
    {
        lock (_nodes)
            return string.Join('\n', _nodes.Select(node => $"{node.Name}:\n{node.Events}"));
    }

    /// <summary>Waits, while virtual time stands, for something that has no event.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var ceiling = new CancellationTokenSource(EventLog.Ceiling);
        while (!condition())
        {
            if (ceiling.IsCancellationRequested)
                throw new TimeoutException($"Waited {EventLog.Ceiling.TotalSeconds} s for {what}.");
            await Task.Delay(1, CancellationToken.None);
        }
    }

    public async Task<T> DriveAsync<T>(Task<T> goal)
    {
        await DriveAsync((Task)goal);
        return await goal;
    }

    /// <summary>Advances virtual time by <paramref name="span"/> in small steps.</summary>
    public Task DriveAsync(TimeSpan span) => DriveAsync(Task.Delay(span, Time!));

    public async ValueTask DisposeAsync()
    {
        var disposing = Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        if (Time is null)
            await disposing;
        else
            await DriveAsync(disposing);
    }
}
