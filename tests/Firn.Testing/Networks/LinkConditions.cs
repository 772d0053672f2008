namespace Firn.Testing;

/// <summary>
/// What a link does to packets on each way: holds them for <paramref name="Delay"/> plus up to <paramref name="Jitter"/>, evenly
/// spread, and drops a fraction <paramref name="Loss"/> (0 to 1). Packets never overtake each other, as on one route.
/// </summary>
internal sealed record LinkConditions(TimeSpan Delay = default, TimeSpan Jitter = default, double Loss = 0);
