namespace Firn.Benchmarks;

/// <summary>How long calls took.</summary>
internal sealed class Latencies
{
    // Room is made before the load, so that what is allocated under it is the load's.
    private readonly List<double> _microseconds = new(1 << 20);

    public int Count => _microseconds.Count;

    public void Add(TimeSpan time) => _microseconds.Add(time.TotalMicroseconds);

    /// <summary>Microseconds that a share of the calls took at most.</summary>
    public double Percentile(double share) => _microseconds.Order().ElementAt((int)(share * Count));
}
