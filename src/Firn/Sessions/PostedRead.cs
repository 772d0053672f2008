using System.Runtime.CompilerServices;

namespace Firn.Sessions;

/// <summary>
/// Awaits a read, and lets one of those whom the frames before it woke go on right here, on a thread that has nothing left to do.
/// By then the continuation of the read is posted, so another thread reads on however long that takes.
/// </summary>
internal readonly struct PostedRead(ValueTask<int> reading, IFrameSink sink) : ICriticalNotifyCompletion
{
    private readonly ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _reading = reading.ConfigureAwait(false).GetAwaiter();

    public PostedRead GetAwaiter() => this;

    public bool IsCompleted
    {
        get
        {
            bool isCompleted = _reading.IsCompleted;
            if (isCompleted)
                sink.TakeWaiter()?.Resume(here: false);
            return isCompleted;
        }
    }

    public int GetResult() => _reading.GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        var waiter = sink.TakeWaiter();   // before another thread reads on
        _reading.UnsafeOnCompleted(continuation);
        waiter?.Resume(here: true);
    }
}
