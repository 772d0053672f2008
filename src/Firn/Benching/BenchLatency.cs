namespace Firn.Benching;

/// <summary>How long calls took; the percentiles are those of up to 65,536 of them, picked at random.</summary>
internal sealed record BenchLatency(TimeSpan Min, TimeSpan Average, TimeSpan Median, TimeSpan Percentile99);

/// <summary>Takes in the times of calls, in constant memory however many there are.</summary>
internal sealed class BenchLatencies
{
    private const int MaxSamples = 65_536;

    private readonly List<TimeSpan> _samples = [];
    private TimeSpan _min = TimeSpan.MaxValue;
    private TimeSpan _sum;

    public long Count { get; private set; }

    public void Add(TimeSpan time)
    {
        Count++;
        _sum += time;
        if (time < _min)
            _min = time;

        // Algorithm R: each one so far is among the samples with the same chance.
        if (_samples.Count < MaxSamples)
            _samples.Add(time);
        else if (Random.Shared.NextInt64(Count) is var place && place < MaxSamples)
            _samples[(int)place] = time;
    }

    /// <summary>The summary of at least one.</summary>
    public BenchLatency Summarize()
    {
        _samples.Sort();
        return new BenchLatency(_min, _sum / Count, At(0.5), At(0.99));
    }

    private TimeSpan At(double share) => _samples[(int)Math.Ceiling(share * _samples.Count) - 1];
}
