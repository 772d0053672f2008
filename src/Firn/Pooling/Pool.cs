namespace Firn.Pooling;

/// <summary>
/// Objects that serve again, those that were returned last first, since the cache still knows them. Holds no more than
/// <paramref name="capacity"/>; the rest is left to the garbage collector.
/// </summary>
internal sealed class Pool<T>(Func<T> create, int capacity = 1024)
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Stack<T> _free = new();
    private T? _first;

    public T Rent()
    {
        var item = _first;
        if (item is not null && Interlocked.CompareExchange(ref _first, null, item) == item)
            return item;
        lock (_gate)
        {
            if (_free.TryPop(out item))
                return item;
        }

        return create();
    }

    public void Return(T item)
    {
        if (_first is null && Interlocked.CompareExchange(ref _first, item, null) is null)
            return;
        lock (_gate)
        {
            if (_free.Count < capacity)
                _free.Push(item);
        }
    }
}
