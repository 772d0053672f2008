using System.Diagnostics.CodeAnalysis;

namespace Firn.Protocol.Tests;

/// <summary>
/// Time, chance and the network of a simulated mesh: one queue of events, one seed. The same seed gives the same run, down to the
/// order of events; <see cref="Trace"/> is a fingerprint of it.
/// </summary>
internal sealed class World(int seed, int slowest)
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly Dictionary<string, SimNode> _listening = [];
    private Fingerprint _trace = new();
    private long _order;

    [SuppressMessage("Security", "CA5394", Justification = "a simulation is repeatable")]
    public Random Random { get; } = new(seed);

    /// <summary>Monotonic milliseconds.</summary>
    public long Now { get; private set; }

    public DateTimeOffset Wall => Epoch.AddMilliseconds(Now);

    public UInt128 Trace => _trace.Value;

    public long Events { get; private set; }

    public HashSet<SimLink> Links { get; } = [];

    public SimRecords Records { get; } = new();

    /// <summary>Which nodes can reach each other just now; by node number. Everyone when null.</summary>
    public Func<int, int>? GroupOf { get; set; }

    public void After(long delay, Action happens) => _events.Enqueue(happens, (Now + delay, _order++));

    public void Run(long until)
    {
        while (_events.TryPeek(out _, out var due) && due.At <= until)
        {
            var happens = _events.Dequeue();
            Now = due.At;
            Events++;
            happens();
        }

        Now = until;
    }

    public void Note(params ReadOnlySpan<long> happened)
    {
        _trace.Add(Now);
        _trace.Add(happened);
    }

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public int Pick(int below) => Random.Next(below);

    /// <summary>The time that one message takes: mostly short, now and then up to the slowest.</summary>
    public long Latency() => 1 + (long)(slowest * Math.Pow(Random.NextDouble(), 3));

    public void Listen(string endpoint, SimNode node) => _listening[endpoint] = node;

    public void Unlisten(SimNode node)
    {
        foreach (var endpoint in _listening.Where(l => l.Value == node).Select(l => l.Key).ToList())
            _listening.Remove(endpoint);
    }

    /// <summary>Who answers at that address; null when nobody does.</summary>
    public SimNode? At(NodeAddress address) => _listening.GetValueOrDefault($"{address.Host}:{address.Port}");

    public bool CanReach(SimNode from, SimNode to) => GroupOf is null || GroupOf(from.Number) == GroupOf(to.Number);

    /// <summary>Cuts what runs between those that no longer reach each other; nobody is told.</summary>
    public void CutPartitioned()
    {
        foreach (var link in Links.Where(l => !CanReach(l.Ends[0].Node, l.Ends[1].Node)).ToList())
            link.Cut();
    }
}
