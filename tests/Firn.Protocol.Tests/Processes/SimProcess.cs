namespace Firn.Protocol.Tests;

/// <summary>A process of the simulation, and the truth about it; one that never was is dead from the start.</summary>
internal sealed class SimProcess(ProcessNode node, ulong number, bool isAlive)
{
    public ProcessNode Node => node;

    public ulong Number => number;

    public bool IsAlive { get; set; } = isAlive;

    /// <summary>Why it ended, once it has.</summary>
    public ExitReason Reason { get; set; } = ExitReason.NoProcess;

    public bool TrapsExits { get; init; }

    /// <summary>Calls that it has not answered, with the end of the session that they came on.</summary>
    public List<(SessionEnd End, CallMessage Call)> Unanswered { get; } = [];

    public override string ToString() => $"process {number} of node {node.Number}";
}

/// <summary>A monitor, and what became of it.</summary>
internal sealed class SimMonitor(ulong watcher, SimProcess? target, SessionEnd? end)
{
    public ulong Watcher => watcher;

    /// <summary>Null when it is by name.</summary>
    public SimProcess? Target => target;

    /// <summary>The session that it runs across; null: none.</summary>
    public SessionEnd? End => end;

    /// <summary>Whether it has come to where the target lives.</summary>
    public bool HasArrived { get; private set; }

    /// <summary>Who was found there, alive.</summary>
    public SimProcess? Found { get; private set; }

    public bool IsTakenBack { get; set; }

    public bool HasFired { get; set; }

    public void Arrive(SimProcess? found) => (HasArrived, Found) = (true, found is { IsAlive: true } ? found : null);
}
