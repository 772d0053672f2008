using System.Globalization;

namespace Firn.Protocol.Tests;

/// <summary>What a simulated mesh of processes goes through.</summary>
internal sealed record ProcessMeshOptions
{
    public int Nodes { get; init; } = 3;

    /// <summary>Processes of a node at the start.</summary>
    public int Processes { get; init; } = 4;

    /// <summary>What processes do, in all.</summary>
    public int Deeds { get; init; } = 400;

    /// <summary>Sessions that are lost.</summary>
    public int Losses { get; init; } = 10;

    public int Milliseconds { get; init; } = 30_000;

    /// <summary>How many relations one end of a session may have at the other.</summary>
    public int Limit { get; init; } = RelationBook.MaxPerSession;
}

/// <summary>
/// Nodes whose processes monitor, link, call and end each other at random, while sessions are lost and come back. What the rules
/// say is held against the truth as it happens, and once all is quiet.
/// </summary>
internal sealed class ProcessMesh
{
    private static readonly ExitReason[] Reasons =
        [ExitReason.Normal, ExitReason.Error("it failed"), ExitReason.Killed, ExitReason.Shutdown, ExitReason.Custom("enough")];

    private readonly int _seed;
    private readonly ProcessMeshOptions _options;
    private readonly ProcessNode[] _nodes;
    private readonly Dictionary<(ProcessSession?, SimProcess, SimProcess), LinkLog> _links = [];
    private readonly List<(SimProcess Dead, SimProcess Partner, SessionEnd? End, int Notices)> _owed = [];
    private int _lastCall;
    private int _lastSession;

    public ProcessMesh(int seed, ProcessMeshOptions options)
    {
        (_seed, _options) = (seed, options);
        World = new World(seed, 400);
        _nodes = [.. Enumerable.Range(0, options.Nodes).Select(i => new ProcessNode(this, i, options.Limit))];
    }

    public World World { get; }

    public List<SimCall> Calls { get; } = [];

    /// <summary>Requests that were refused because there are too many relations.</summary>
    public int Refusals { get; set; }

    public void Run()
    {
        foreach (var node in _nodes)
        {
            for (int i = 0; i < _options.Processes; i++)
                node.Spawn();
            node.Spawn(isAlive: false);
            foreach (var other in _nodes.Where(o => o.Number < node.Number))
                World.After(World.Pick(1_000), () => Open(node, other));
        }

        for (int i = 0; i < _options.Deeds; i++)
            World.After(World.Pick(_options.Milliseconds), Act);
        for (int i = 0; i < _options.Losses; i++)
            World.After(World.Pick(_options.Milliseconds), Lose);
        World.Run(_options.Milliseconds + 20_000);
        CheckQuiet();
        End();
    }

    public string PickName() => $"name-{World.Pick(2)}";

    /// <summary>What two processes have done about the link between them in a session of their nodes; null: they are on one node.</summary>
    public LinkLog Links(ProcessSession? session, SimProcess one, SimProcess other)
    {
        bool isOrdered = (one.Node.Number, one.Number).CompareTo((other.Node.Number, other.Number)) < 0;
        var key = isOrdered ? (session, one, other) : (session, other, one);
        if (!_links.TryGetValue(key, out var log))
            _links[key] = log = new LinkLog(key.Item2);
        return log;
    }

    /// <summary>A process is about to end: whoever is linked with it must hear of that.</summary>
    public void OweNotices(SimProcess dying)
    {
        foreach (var partner in _nodes.SelectMany(n => n.Alive).Where(p => p != dying && dying.Node.Book.AreLinked(dying.Number, dying.Node.Key(p))))
        {
            var end = dying.Node.EndTo(partner.Node)?.Peer;
            _owed.Add((dying, partner, end, Links(end?.Session, dying, partner).Of(partner).Notices));
        }
    }

    public void Require(bool isTrue, string otherwise)
    {
        if (!isTrue)
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"Seed {_seed} at {World.Now} ms: {otherwise}. FIRN_SIM_SEED={_seed} runs it again, exactly."));
    }

    private void Open(ProcessNode one, ProcessNode other)
    {
        bool isOne = World.Chance(0.5);
        new ProcessSession(World, ++_lastSession, isOne ? one : other, isOne ? other : one).Open();
    }

    private void Lose()
    {
        var node = Pick(_nodes);
        if (node.OpenEnds.ToList() is not { Count: > 0 } ends)
            return;

        var end = Pick(ends);
        if (end.Session.TryLose())
            World.After(World.Pick(4_000), () => Open(end.Node, end.Peer.Node));
    }

    private T Pick<T>(IReadOnlyList<T> of) => of[World.Pick(of.Count)];

    private void Act()
    {
        var node = Pick(_nodes);
        if (node.Alive.ToList() is not { Count: > 0 } alive)
        {
            node.Spawn();
            return;
        }

        // Few processes, so that what they do crosses.
        var (process, where) = (Pick(alive), Pick(_nodes));
        var target = Pick(where.Processes.TakeLast(_options.Processes + 2).ToList());
        ulong watcher = World.Chance(0.2) ? 0 : process.Number;
        switch (World.Pick(16))
        {
            case 0 or 1:
                node.Monitor(watcher, target);
                break;
            case 2:
                node.Monitor(watcher, where, PickName());
                break;
            case 3 when node.Monitors.Count > 0:
                node.Demonitor(node.Monitors.Keys.ElementAt(World.Pick(node.Monitors.Count)));
                break;
            case 4 or 5 or 6:
                node.Link(process, target);
                break;
            case 7 or 8:
                node.Unlink(process, target);
                break;
            case 9:
                Relink(node, process, target);
                break;
            case 10:
                node.Exit(process, Pick(Reasons));
                break;
            case 11:
                node.AskToExit(World.Chance(0.2) ? null : process, target, Pick(Reasons));
                break;
            case 12 or 13 or 14 when where != node:
                node.Call(target, ++_lastCall);
                break;
            default:
                node.Spawn();
                break;
        }
    }

    /// <summary>Both ends change their mind again and again while the other's signals are on their way.</summary>
    private void Relink(ProcessNode node, SimProcess one, SimProcess other)
    {
        for (int i = 0; i < 6; i++)
        {
            World.After(World.Pick(800), () =>
            {
                var (self, partner) = World.Chance(0.5) ? (one, other) : (other, one);
                if (self.IsAlive && World.Chance(0.6))
                    self.Node.Link(self, partner);
                else if (self.IsAlive)
                    self.Node.Unlink(self, partner);
            });
        }

        node.Link(one, other);
    }

    private void CheckQuiet()
    {
        foreach (var node in _nodes)
        {
            foreach (var other in _nodes.Where(o => o != node))
                Require(node.EndTo(other) is { IsOpen: true } end && other.EndTo(node) == end.Peer, "two nodes are not connected");
            foreach (var monitor in node.Monitors.Values.Where(node.IsPending))
                Require(monitor.End is not { IsEnded: true } && monitor.Found is { IsAlive: true }, "a monitor has not fired");
        }

        foreach (var one in _nodes.SelectMany(n => n.Processes))
        {
            foreach (var other in _nodes.SelectMany(n => n.Processes).Where(o => o != one))
                CheckPair(one, other);
        }

        foreach (var (dead, partner, end, notices) in _owed.Where(o => o.Partner.IsAlive && o.End is not { IsEnded: true }))
        {
            var side = Links(end?.Session, dead, partner).Of(partner);
            Require(side.Notices > notices || (side.HasActed && !side.HasLinked), $"the {partner} was not told of the end of the {dead}");
        }

        Require(Calls.TrueForAll(c => c.HasEnded || c.Deadline == long.MaxValue), "a call has outlived its deadline");
    }

    private void CheckPair(SimProcess one, SimProcess other)
    {
        bool isLinked = one.Node.Book.AreLinked(one.Number, one.Node.Key(other));
        Require(isLinked == other.Node.Book.AreLinked(other.Number, other.Node.Key(one)), $"the {one} and the {other} disagree whether they are linked");
        Require(!isLinked || (one.IsAlive && other.IsAlive), "a process is linked with a dead one");
        if (one.IsAlive && other.IsAlive && Links(one.Node.EndTo(other.Node)?.Session, one, other).IsLinked() is { } expected)
            Require(isLinked == expected, $"the {one} and the {other} are {(isLinked ? "" : "not ")}linked, against what both did last");
    }

    /// <summary>All processes end, then all sessions: nothing is left.</summary>
    private void End()
    {
        foreach (var node in _nodes)
        {
            while (node.Alive.FirstOrDefault() is { } process)
                node.Exit(process, Pick(Reasons));
        }

        World.Run(World.Now + 10_000);
        Require(Calls.TrueForAll(c => c.HasEnded), "a call has not ended though nobody is left to answer it");
        foreach (var node in _nodes)
        {
            Require(!node.Monitors.Values.Any(node.IsPending), "a monitor has not fired though all have ended");
            foreach (var end in node.OpenEnds.ToList())
                node.End(end);
            Require(node.Book.IsEmpty, "something is left in a book though all is over");
        }
    }
}
