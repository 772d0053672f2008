using System.Collections.Concurrent;

namespace Firn.Pooling;

/// <summary>Objects that serve again. Holds no more than <paramref name="capacity"/>; the rest is left to the garbage collector.</summary>
internal sealed class Pool<T>(Func<T> create, int capacity = 1024)
    where T : class
{
    private readonly ConcurrentQueue<T> _free = new();
    private T? _first;
    private int _count;

    public T Rent()
    {
        var item = _first;
        if (item is not null && Interlocked.CompareExchange(ref _first, null, item) == item)
            return item;
        if (!_free.TryDequeue(out item))
            return create();

        Interlocked.Decrement(ref _count);
        return item;
    }

    public void Return(T item)
    {
        if (_first is null && Interlocked.CompareExchange(ref _first, item, null) is null)
            return;
        if (Interlocked.Increment(ref _count) <= capacity)
            _free.Enqueue(item);
        else
            Interlocked.Decrement(ref _count);
    }
}
