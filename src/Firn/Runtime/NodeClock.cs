namespace Firn.Runtime;

/// <summary>The node's two clocks: monotonic milliseconds for everything that lasts, the wall clock for validity alone.</summary>
internal sealed class NodeClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeProvider Time { get; } = time;

    /// <summary>Milliseconds since the node started; never goes back.</summary>
    public long Now => (long)Time.GetElapsedTime(_start).TotalMilliseconds;

    public DateTimeOffset Wall => Time.GetUtcNow();
}
