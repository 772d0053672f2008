using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Firn.Runtime;

/// <summary>Hands every event to every watcher, in order; a slow watcher loses the oldest of its own and is told how many.</summary>
internal sealed class EventHub(TimeProvider time)
{
    private const int BufferSize = 1024;

    private readonly Lock _gate = new();
    private readonly List<Watcher> _watchers = [];
    private bool _isCompleted;

    public void Publish(NodeEvent happened)
    {
        lock (_gate)
        {
            foreach (var watcher in _watchers)
                watcher.Offer(happened);
        }
    }

    /// <summary>Watches from the moment of this call on, what <paramref name="wants"/> says or everything; ends when the node does.</summary>
    public IAsyncEnumerable<NodeEvent> Watch(Func<NodeEvent, bool>? wants = null)
    {
        var watcher = new Watcher(wants);
        lock (_gate)
        {
            if (_isCompleted)
                watcher.Channel.Writer.Complete();
            else
                _watchers.Add(watcher);
        }

        return ReadAsync(watcher);
    }

    public void Complete()
    {
        lock (_gate)
        {
            _isCompleted = true;
            foreach (var watcher in _watchers)
                watcher.Channel.Writer.TryComplete();
            _watchers.Clear();
        }
    }

    private async IAsyncEnumerable<NodeEvent> ReadAsync(Watcher watcher, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await foreach (var happened in watcher.Channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                long lost = watcher.TakeLost();
                if (lost > 0)
                    yield return new EventsLostEvent(time.GetUtcNow(), lost);
                yield return happened;
            }
        }
        finally
        {
            lock (_gate)
                _watchers.Remove(watcher);
        }
    }

    private sealed class Watcher
    {
        private readonly Func<NodeEvent, bool>? _wants;
        private long _lost;

        public Watcher(Func<NodeEvent, bool>? wants) => (_wants, Channel) = (wants, System.Threading.Channels.Channel.CreateBounded<NodeEvent>(
            new BoundedChannelOptions(BufferSize) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _lost)));

        public Channel<NodeEvent> Channel { get; }

        public void Offer(NodeEvent happened)
        {
            if (_wants is null || _wants(happened))
                Channel.Writer.TryWrite(happened);
        }

        public long TakeLost() => Interlocked.Exchange(ref _lost, 0);
    }
}
