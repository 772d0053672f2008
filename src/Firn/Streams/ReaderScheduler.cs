using System.IO.Pipelines;
using Firn.Messaging;
using Firn.Pooling;

namespace Firn.Streams;

/// <summary>
/// Where the reader of a stream goes on: while a session's reader publishes what came, among those who wait for its next read to be
/// posted; on the thread pool else.
/// </summary>
internal sealed class ReaderScheduler : PipeScheduler
{
    [ThreadStatic]
    private static Waiters? _publishing;

    private ReaderScheduler()
    {
    }

    public static ReaderScheduler Instance { get; } = new();

    /// <summary>Whom what is published lets go on, from this thread and until null is set again.</summary>
    public static Waiters? Publishing { get => _publishing; set => _publishing = value; }

    public override void Schedule(Action<object?> action, object? state)
    {
        if (_publishing is { } waiters)
            waiters.Add(Continuation.Rent(action, state));
        else
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
    }

    private sealed class Continuation : IWaiter
    {
        private static readonly Pool<Continuation> Free = new(() => new Continuation());

        private Action<object?>? _action;
        private object? _state;

        public static Continuation Rent(Action<object?> action, object? state)
        {
            var continuation = Free.Rent();
            (continuation._action, continuation._state) = (action, state);
            return continuation;
        }

        public void Resume(bool here)
        {
            var (action, state) = (_action!, _state);
            (_action, _state) = (null, null);
            Free.Return(this);
            if (here)
                action(state);
            else
                System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
    }
}
