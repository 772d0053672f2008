namespace Firn.Benchmarks;

/// <summary>A connection with a server, ready to be put under load.</summary>
internal interface ILoad : IAsyncDisposable
{
    /// <summary>Loads it until the time is up, and says what got through. Called once.</summary>
    Task<Work> RunAsync(CancellationToken timeUp);
}

/// <summary>What got through a loaded connection.</summary>
/// <param name="Operations">Messages that arrived, or calls that were answered.</param>
/// <param name="Bytes">Bulk that arrived.</param>
/// <param name="Latencies">How long calls took, where they were timed.</param>
internal sealed record Work(long Operations, long Bytes = 0, Latencies? Latencies = null);
