namespace Firn.Messaging;

/// <summary>
/// Those whom the frames of one read let go on. They wait until the next read is about to be posted: the last of them then runs on
/// the reader's thread, which spares a switch of threads, and the others on the pool.
/// </summary>
internal sealed class Waiters
{
    private readonly List<IWaiter> _waiters = [];

    public void Add(IWaiter waiter) => _waiters.Add(waiter);

    /// <summary>Lets all but the last go on, on the pool, and leaves that one to the caller; null if there is none.</summary>
    public IWaiter? TakeLast()
    {
        if (_waiters.Count == 0)
            return null;

        var last = _waiters[^1];
        for (int i = 0; i < _waiters.Count - 1; i++)
            _waiters[i].Resume(here: false);
        _waiters.Clear();
        return last;
    }
}
