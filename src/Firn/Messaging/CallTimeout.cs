namespace Firn.Messaging;

/// <summary>How long a call waits: 5 s unless given, at most a day.</summary>
internal static class CallTimeout
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Max = TimeSpan.FromDays(1);

    public static TimeSpan Check(TimeSpan? timeout)
    {
        var limit = timeout ?? Default;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, Max, nameof(timeout));
        return limit;
    }
}
