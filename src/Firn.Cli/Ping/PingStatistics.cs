using System.Globalization;

namespace Firn.Cli;

/// <summary>What a run of pings adds up to, in ping's terms; constant memory however long it runs.</summary>
internal sealed class PingStatistics
{
    private double _min = double.PositiveInfinity;
    private double _max;
    private double _sum;
    private double _sumOfSquares;

    public int Sent { get; private set; }

    public int Received { get; private set; }

    /// <summary>A ping that came back after so many milliseconds.</summary>
    public void Answered(double milliseconds)
    {
        Sent++;
        Received++;
        _min = Math.Min(_min, milliseconds);
        _max = Math.Max(_max, milliseconds);
        _sum += milliseconds;
        _sumOfSquares += milliseconds * milliseconds;
    }

    /// <summary>A ping that did not come back.</summary>
    public void Lost() => Sent++;

    /// <summary>The record of a run that took <paramref name="elapsed"/>.</summary>
    public PingRecord ToRecord(string name, TimeSpan elapsed)
    {
        double average = _sum / Received;
        bool any = Received > 0;
        return new PingRecord(
            name,
            Sent,
            Received,
            Sent == 0 ? 0 : Math.Round(100.0 * (Sent - Received) / Sent, 1),
            Math.Round(elapsed.TotalMilliseconds),
            any ? Math.Round(_min, 3) : null,
            any ? Math.Round(average, 3) : null,
            any ? Math.Round(_max, 3) : null,
            any ? Math.Round(Math.Sqrt(Math.Max(0, (_sumOfSquares / Received) - (average * average))), 3) : null);
    }
}

/// <summary>The summary of <c>firn ping</c>; times in milliseconds. mdev is the standard deviation, as ping(8) has it.</summary>
internal sealed record PingRecord(
    string Name,
    int Sent,
    int Received,
    double LossPercent,
    double TimeMs,
    double? MinMs,
    double? AvgMs,
    double? MaxMs,
    double? MdevMs)
{
    /// <summary>The last lines that ping prints.</summary>
    public string ToText()
    {
        string summary = string.Create(CultureInfo.InvariantCulture, $"""

            --- {Name} ping statistics ---
            {Sent} sent, {Received} received, {LossPercent}% loss, time {TimeMs} ms
            """);
        return Received == 0 ? summary : summary + Environment.NewLine + string.Create(
            CultureInfo.InvariantCulture, $"rtt min/avg/max/mdev = {MinMs:0.000}/{AvgMs:0.000}/{MaxMs:0.000}/{MdevMs:0.000} ms");
    }
}
