using System.Threading.Tasks.Sources;

namespace Firn.Sessions;

/// <summary>A send that has to wait, awaited by its caller. Its continuation runs on the thread pool.</summary>
internal abstract class SendOperation : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _completion = new() { RunContinuationsAsynchronously = true };

    /// <summary>What it failed with, to be told by <see cref="Complete"/>; null if it succeeds.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What its caller awaits.</summary>
    public ValueTask Task => new(this, _completion.Version);

    /// <summary>It is over. Not under a lock.</summary>
    public void Complete()
    {
        OnCompleting();
        if (Failure is { } failure)
            _completion.SetException(failure);
        else
            _completion.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _completion.GetResult(token);
        }
        finally
        {
            _completion.Reset();
            Failure = null;
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Lets go of what the operation borrowed.</summary>
    protected abstract void OnCompleting();

    /// <summary>Its caller has taken the result: it may serve again.</summary>
    protected abstract void Recycle();
}
