using System.Globalization;

namespace Firn.Protocol.Tests;

/// <summary>What a simulated mesh goes through.</summary>
internal sealed record SimOptions
{
    public int Nodes { get; init; } = 5;

    /// <summary>The slowest message, in milliseconds.</summary>
    public int Slowest { get; init; } = 400;

    /// <summary>All start within this time.</summary>
    public int StartMilliseconds { get; init; } = 5_000;

    /// <summary>How long things go wrong.</summary>
    public long FaultMilliseconds { get; init; } = 180_000;

    /// <summary>Things that go wrong in that time.</summary>
    public int Faults { get; init; } = 20;

    /// <summary>At most so many partitions; each time a random part of the nodes is on its own.</summary>
    public int Partitions { get; init; } = int.MaxValue;

    /// <summary>How many of a hundred nodes dial but cannot be dialled.</summary>
    public int PercentBehindNat { get; init; } = 15;

    public NodeRulesOptions Rules { get; init; } = new();
}

/// <summary>
/// A mesh whose nodes all know one seed by its address, and what goes wrong in it: connections that break or fall silent,
/// partitions, restarts under the same or another address, dials that nobody asked for.
/// </summary>
internal sealed class SimMesh
{
    private const long SettleMilliseconds = 300_000;

    private readonly SimOptions _options;
    private readonly int _seed;
    private readonly List<SimNode> _lives = [];
    private readonly SimNode?[] _nodes;
    private readonly bool[] _isBehindNat;
    private readonly NodeAddress[][] _configured;
    private int _addresses;
    private int _partitions;
    private long _requests;

    public SimMesh(int seed, SimOptions options)
    {
        (_seed, _options) = (seed, options);
        World = new World(seed, options.Slowest);
        _nodes = new SimNode?[options.Nodes];
        _isBehindNat = [.. Enumerable.Range(0, options.Nodes).Select(i => i > 0 && World.Pick(100) < options.PercentBehindNat)];
        _configured = new NodeAddress[options.Nodes][];
    }

    public World World { get; }

    /// <summary>Runs it all; fails unless everyone lists everyone in the end, once, by the same session at both ends.</summary>
    public void Run()
    {
        var seed = NewAddress();
        for (int i = 0; i < _options.Nodes; i++)
        {
            int number = i;
            var address = i == 0 ? seed : NewAddress();
            _configured[i] = i == 0 ? [] : [seed];
            World.After(World.Pick(_options.StartMilliseconds + 1), () => Start(number, address, 1));
        }

        for (int i = 0; i < _options.Faults; i++)
            World.After(_options.StartMilliseconds + World.Pick((int)_options.FaultMilliseconds), Fault);

        long faultsEnd = _options.StartMilliseconds + _options.FaultMilliseconds + 60_000;
        World.After(faultsEnd, () => World.GroupOf = null);
        World.Run(faultsEnd + SettleMilliseconds);
        Check();
    }

    private NodeAddress NewAddress()
    {
        int number = ++_addresses;
        return NodeAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.0.{number / 250}.{1 + (number % 250)}:3476"));
    }

    private void Start(int number, NodeAddress address, ulong incarnation)
    {
        var key = Pair.Key(string.Create(CultureInfo.InvariantCulture, $"n{number}"));
        var node = new SimNode(World, number, key, new Incarnation(incarnation), address, _options.Rules)
        {
            IsBehindNat = _isBehindNat[number],
        };
        _nodes[number] = node;
        _lives.Add(node);
        node.Start(_configured[number]);
    }

    private void Fault()
    {
        switch (World.Pick(6))
        {
            case 0 when World.Links.Count > 0:
                World.Links.ElementAt(World.Pick(World.Links.Count)).Break();
                break;
            case 1 when World.Links.Count > 0:
                World.Links.ElementAt(World.Pick(World.Links.Count)).Cut();
                break;
            case 2 or 3:
                Restart(World.Pick(_options.Nodes));
                break;
            case 4 when World.GroupOf is null && _partitions < _options.Partitions:
                Partition();
                break;
            case 5:
                Request();
                break;
        }
    }

    private void Restart(int number)
    {
        if (_nodes[number] is not { } node)
            return;

        // The seed keeps its address: it is all that a node which has lost everything knows.
        var address = number > 0 && World.Chance(0.3) ? NewAddress() : node.Address;
        node.Stop(saysGoodbye: World.Chance(0.4), losesPower: World.Chance(0.3));
        _nodes[number] = null;
        long down = World.Chance(0.5) ? World.Pick(500) : World.Pick(60_000);
        World.After(down, () => Start(number, address, node.Incarnation.Value + 1));
    }

    private void Partition()
    {
        _partitions++;
        double share = World.Random.NextDouble() / 2;
        var groups = _nodes.Select(_ => World.Chance(share) ? 1 : 0).ToArray();
        World.Note(7, groups.Sum());
        World.GroupOf = number => groups[number];
        World.CutPartitioned();
        World.After(1_000 + World.Pick(60_000), () => World.GroupOf = null);
    }

    private void Request()
    {
        var from = _nodes[World.Pick(_options.Nodes)];
        var to = _nodes[World.Pick(_options.Nodes)];
        if (from is not null && to is not null)
            from.Request(++_requests, to.Address);
    }

    private void Check()
    {
        foreach (var node in _lives)
        {
            if (node.Wrong is { } wrong)
                Fail(wrong);
        }

        var alive = _nodes.Select(n => n ?? throw new InvalidOperationException("a node did not come back")).ToArray();
        foreach (var node in alive)
        {
            foreach (var other in alive.Where(o => o != node && !(o.IsBehindNat && node.IsBehindNat)))
                CheckPair(node, other);
            if (node.Up.Count > alive.Length - 1)
                Fail($"{node.Key.Name} lists {node.Up.Count} peers");
            if (node.OpenRequests > 0)
                Fail($"{node.Key.Name} has left {node.OpenRequests} callers without an answer");
            if (node.LastDown > World.Now - (SettleMilliseconds / 2))
                Fail($"{node.Key.Name} lost a peer although all had been well for minutes");
        }
    }

    private void CheckPair(SimNode node, SimNode other)
    {
        if (!node.Up.Contains(other.Key) || node.Rules.Peers.Find(other.Key)?.Held is not { } held)
        {
            var target = node.Rules.Dials.Targets.FirstOrDefault(t => t.Peer == other.Key);
            Fail($"{node.Key.Name} does not list {other.Key.Name}; its target: {target?.State.ToString() ?? "none"}");
            return;
        }

        if (held.Id != other.Rules.Peers.Find(node.Key)?.Held?.Id)
            Fail($"{node.Key.Name} and {other.Key.Name} hold two sessions");
        if (node.Rules.Peers.Find(other.Key)!.Incarnation != other.Incarnation)
            Fail($"{node.Key.Name} lists an earlier life of {other.Key.Name}");
    }

    private void Fail(string what) => Assert.Fail(string.Create(
        CultureInfo.InvariantCulture, $"Seed {_seed} with {_options.Nodes} nodes: {what}. FIRN_SIM_SEED={_seed} runs it again, exactly."));
}
