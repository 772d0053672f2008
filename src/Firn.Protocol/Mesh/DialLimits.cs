namespace Firn.Protocol;

/// <summary>Limits of dialling.</summary>
internal sealed record DialLimits
{
    /// <summary>Attempts under way at a time.</summary>
    public int MaxConcurrent { get; init; } = 16;

    /// <summary>How many of them may be at places that were merely found, so that forged ones do not keep out the others.</summary>
    public int MaxFound { get; init; } = 8;

    /// <summary>Told peers that are tried at a time, connected ones included.</summary>
    public int MaxMeshTargets { get; init; } = 4096;

    /// <summary>Relays that one attempt tries.</summary>
    public int MaxRelays { get; init; } = 4;

    /// <summary>Rounds without success after which a told peer that was never reached, a found place, or a node of this machine is dropped.</summary>
    public int MaxFailures { get; init; } = 8;

    /// <summary>How long a dial that met a crossing one waits for the survivor: 3 seconds.</summary>
    public long SurvivorMilliseconds { get; init; } = 3_000;

    /// <summary>New targets that one teller may cause at once, and per second afterwards.</summary>
    public int TellerBurst { get; init; } = 256;

    /// <summary>How fast a teller's budget comes back.</summary>
    public int TellerPerSecond { get; init; } = 4;

    /// <summary>The least time between attempts at one told host and port, whoever is said to live there: 2 seconds.</summary>
    public long PerEndpointMilliseconds { get; init; } = 2_000;

    /// <summary>Places that one source may say at a time.</summary>
    public int MaxPlaces { get; init; } = 4096;

    /// <summary>Places of one source, new or moved, that are dialled at once; each further one waits for its turn.</summary>
    public int PlaceBurst { get; init; } = 256;

    /// <summary>How long a turn is: 250 ms.</summary>
    public long PlaceMilliseconds { get; init; } = 250;

    /// <summary>What would have to wait longer than this for its turn is not taken: 60 seconds.</summary>
    public long MaxPlaceWait { get; init; } = 60_000;

    /// <summary>How long a found place that was given up is left alone, if it is still said to be there: 5 minutes.</summary>
    public long RestMilliseconds { get; init; } = 300_000;
}
