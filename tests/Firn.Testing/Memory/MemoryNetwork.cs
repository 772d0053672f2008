using System.Net;

namespace Firn.Testing;

/// <summary>What becomes of bytes from one machine to another.</summary>
internal enum PathState
{
    /// <summary>They arrive after the latency.</summary>
    Open,

    /// <summary>They are held, and arrive when the path opens again; a dial waits.</summary>
    Silent,

    /// <summary>As <see cref="Silent"/>, and a dial fails at once.</summary>
    Unreachable,
}

/// <summary>
/// A network in memory: machines with names and addresses, latency, partitions and cuts. Links have no TLS, so that whole meshes
/// run fast, and on virtual time.
/// </summary>
internal sealed class MemoryNetwork(TimeProvider time)
{
    public const int DefaultBuffer = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, MemoryTransport> _machines = [];
    private readonly Dictionary<(string From, string To), PathState> _paths = [];
    private readonly List<MemoryConnection> _connections = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _joined;
    private long _dials;
    private long _links;

    public TimeProvider Time { get; } = time;

    /// <summary>How long bytes take from the first machine to the second, asked at each write. Order is always kept.</summary>
    public Func<string, string, TimeSpan> Latency { get; set; } = static (_, _) => TimeSpan.Zero;

    /// <summary>How many bytes a connection holds in each direction before its writer waits.</summary>
    public int BufferBytes { get; init; } = DefaultBuffer;

    /// <summary>Whether connections carry streams of their own, as those of QUIC do.</summary>
    public bool HasNativeStreams { get; init; }

    /// <summary>All dials ever begun.</summary>
    public long Dials => Interlocked.Read(ref _dials);

    /// <summary>All links ever made.</summary>
    public long Links => Interlocked.Read(ref _links);

    /// <summary>The connections that exist now, secured or not.</summary>
    public int OpenConnections
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>A machine called <paramref name="host"/>, a name (it gets an address in 10.0.0.0/8) or an address.</summary>
    public MemoryTransport Join(string host)
    {
        lock (_lock)
        {
            int number = ++_joined;
            var address = IPAddress.TryParse(host, out var literal)
                ? literal
                : new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);
            var machine = new MemoryTransport(this, host, address);
            _machines.Add(host, machine);
            _machines.TryAdd(HostOf(address), machine);
            return machine;
        }
    }

    /// <summary>Sets what becomes of bytes <paramref name="from"/> one machine <paramref name="to"/> another, in that direction.</summary>
    public void SetPath(string from, string to, PathState state) => Change(() => _paths[(from, to)] = state);

    /// <summary>Parts two groups of machines, in both directions.</summary>
    public void Partition(IReadOnlyCollection<string> some, IReadOnlyCollection<string> others, PathState state = PathState.Silent) =>
        Change(() =>
        {
            foreach (var (one, other) in some.SelectMany(one => others.Select(other => (one, other))))
                _paths[(one, other)] = _paths[(other, one)] = state;
        });

    /// <summary>Opens all paths.</summary>
    public void Heal() => Change(_paths.Clear);

    /// <summary>Resets all connections between two machines, at both ends at once; says how many there were.</summary>
    public int Cut(string one, string other) => Cut(c => (c.Dialler, c.Acceptor) == (one, other) || (c.Dialler, c.Acceptor) == (other, one));

    /// <summary>Resets all connections of a machine, as when its process is killed.</summary>
    public int CutAll(string host) => Cut(c => c.Dialler == host || c.Acceptor == host);

    internal MemoryTransport? Find(string host, MemoryTransport from)
    {
        lock (_lock)
            return host is "localhost" or "127.0.0.1" or "[::1]" ? from : _machines.GetValueOrDefault(host);
    }

    internal PathState PathOf(string from, string to)
    {
        lock (_lock)
            return _paths.GetValueOrDefault((from, to));
    }

    /// <summary>Waits while either direction is <see cref="PathState.Silent"/>; the worse of both states then.</summary>
    internal async ValueTask<PathState> WhenNotSilentAsync(string one, string other, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_lock)
                change = _changed.Task;
            var (there, back) = (PathOf(one, other), PathOf(other, one));
            if (there == PathState.Unreachable || back == PathState.Unreachable)
                return PathState.Unreachable;
            if (there == PathState.Open && back == PathState.Open)
                return PathState.Open;
            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal MemoryConnection Connect(string dialler, string acceptor)
    {
        var connection = new MemoryConnection(this, dialler, acceptor);
        lock (_lock)
            _connections.Add(connection);
        return connection;
    }

    internal void Forget(MemoryConnection connection)
    {
        lock (_lock)
            _connections.Remove(connection);
    }

    internal void CountDial() => Interlocked.Increment(ref _dials);

    internal void CountLink() => Interlocked.Increment(ref _links);

    internal static string HostOf(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    private int Cut(Func<MemoryConnection, bool> which)
    {
        List<MemoryConnection> cut;
        lock (_lock)
            cut = [.. _connections.Where(which)];
        cut.ForEach(connection => connection.Break());
        return cut.Count;
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        List<MemoryConnection> connections;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            connections = [.. _connections];
        }

        changed.SetResult();
        connections.ForEach(connection => connection.Recheck());
    }
}
