namespace Firn.Protocol;

/// <summary>The times of a race (RFC 8305, section 8) and how many take part.</summary>
internal sealed record RaceLimits
{
    /// <summary>How long a way may take before the next one is started beside it: 250 ms.</summary>
    public long StaggerMilliseconds { get; init; } = 250;

    /// <summary>How long the IPv4 addresses of a name wait for its IPv6 ones: 50 ms.</summary>
    public long ResolutionMilliseconds { get; init; } = 50;

    /// <summary>When relays begin even if some direct way has not failed: after 2 seconds.</summary>
    public long RelayMilliseconds { get; init; } = 2_000;

    /// <summary>How long a handshake holds up the other ways: 5 seconds.</summary>
    public long ProofMilliseconds { get; init; } = 5_000;

    /// <summary>For everything: 10 seconds.</summary>
    public long DeadlineMilliseconds { get; init; } = 10_000;

    /// <summary>Addresses of one name and family that are tried.</summary>
    public int MaxPerName { get; init; } = 8;

    /// <summary>Ways of one race, addresses of names included.</summary>
    public int MaxWays { get; init; } = 32;
}
