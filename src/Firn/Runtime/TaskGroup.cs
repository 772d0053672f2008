namespace Firn.Runtime;

/// <summary>Work in the background that its owner waits for before it lets go of what the work uses.</summary>
internal sealed class TaskGroup
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _isClosed;

    /// <summary>Runs <paramref name="work"/> on the thread pool; not at all once the group is closed.</summary>
    public void Run(Func<Task> work)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _running++;
        }

        _ = Task.Run(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            finally
            {
                Leave();
            }
        });
    }

    /// <summary>Takes no more work, and completes when the last of it has ended.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_running == 0)
                _ended.TrySetResult();
        }

        return _ended.Task;
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_running == 0 && _isClosed)
                _ended.TrySetResult();
        }
    }
}
