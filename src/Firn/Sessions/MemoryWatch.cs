namespace Firn.Sessions;

/// <summary>Whether this process is short of memory, as the garbage collector sees it; looked at once a second at most.</summary>
internal sealed class MemoryWatch(TimeProvider time, Func<bool>? isShort = null)
{
    private readonly Func<bool> _isShort = isShort ?? IsLoadHigh;
    private long _lookedAt = time.GetTimestamp();
    private volatile bool _wasShort;

    public bool IsShort
    {
        get
        {
            long looked = Volatile.Read(ref _lookedAt);
            if (time.GetElapsedTime(looked) >= TimeSpan.FromSeconds(1)
                && Interlocked.CompareExchange(ref _lookedAt, time.GetTimestamp(), looked) == looked)
                _wasShort = _isShort();
            return _wasShort;
        }
    }

    private static bool IsLoadHigh()
    {
        var info = GC.GetGCMemoryInfo(GCKind.Any);
        return info.HighMemoryLoadThresholdBytes > 0 && info.MemoryLoadBytes >= info.HighMemoryLoadThresholdBytes;
    }
}
