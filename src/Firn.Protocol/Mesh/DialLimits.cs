namespace Firn.Protocol;

/// <summary>Limits of dialling.</summary>
internal sealed record DialLimits
{
    /// <summary>Attempts under way at a time.</summary>
    public int MaxConcurrent { get; init; } = 16;

    /// <summary>Told peers that are tried at a time, connected ones included.</summary>
    public int MaxMeshTargets { get; init; } = 4096;

    /// <summary>Rounds without success after which a told peer that was never reached, or a node of this machine, is dropped.</summary>
    public int MaxFailures { get; init; } = 8;

    /// <summary>How long a dial that met a crossing one waits for the survivor: 3 seconds.</summary>
    public long SurvivorMilliseconds { get; init; } = 3_000;

    /// <summary>New targets that one teller may cause at once, and per second afterwards.</summary>
    public int TellerBurst { get; init; } = 256;

    /// <summary>How fast a teller's budget comes back.</summary>
    public int TellerPerSecond { get; init; } = 4;

    /// <summary>The least time between attempts at one told host and port, whoever is said to live there: 2 seconds.</summary>
    public long PerEndpointMilliseconds { get; init; } = 2_000;
}
