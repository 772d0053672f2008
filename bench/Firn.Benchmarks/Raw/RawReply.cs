using System.Threading.Tasks.Sources;

namespace Firn.Benchmarks;

/// <summary>The reply that a caller waits for, used again for each of its calls.</summary>
/// <param name="isPooled">Resume the caller on the pool.</param>
internal sealed class RawReply(bool isPooled) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = isPooled };

    public ValueTask Expect()
    {
        _core.Reset();
        return new ValueTask(this, _core.Version);
    }

    public void Complete() => _core.SetResult(true);

    /// <summary>Fails whoever waits.</summary>
    public void Fail(Exception reason)
    {
        if (_core.GetStatus(_core.Version) == ValueTaskSourceStatus.Pending)
            _core.SetException(reason);
    }

    public void GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
