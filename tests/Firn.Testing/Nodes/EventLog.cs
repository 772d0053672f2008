namespace Firn.Testing;

/// <summary>Everything that happens at a node from now on, to be waited for in any order.</summary>
internal sealed class EventLog
{
    /// <summary>How long a test waits for what must happen; only a failing one waits that long.</summary>
    public static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly List<NodeEvent> _all = [];
    private readonly string _name;
    private TaskCompletionSource _more = NewSignal();

    public EventLog(Node node)
    {
        _name = node.Self.Name.ToString();
        Ended = ReadAsync(node.WatchAsync());
    }

    /// <summary>Completes when the node has been disposed and all its events are here.</summary>
    public Task Ended { get; }

    public IReadOnlyList<NodeEvent> All
    {
        get
        {
            lock (_lock)
                return [.. _all];
        }
    }

    public IEnumerable<T> Of<T>()
        where T : NodeEvent => All.OfType<T>();

    /// <summary>The first event of this kind, past or to come; after <paramref name="skip"/> others.</summary>
    public async Task<T> FirstAsync<T>(Func<T, bool>? which = null, int skip = 0)
        where T : NodeEvent
    {
        T? found = null;
        await WhenAsync(
            all => (found = all.OfType<T>().Where(e => which is null || which(e)).Skip(skip).FirstOrDefault()) is not null,
            $"{typeof(T).Name} (after {skip} others)");
        return found!;
    }

    /// <summary>Waits until the events so far fulfil <paramref name="condition"/>, which is asked after each.</summary>
    public async Task WhenAsync(Func<IReadOnlyList<NodeEvent>, bool> condition, string what)
    {
        using var ceiling = new CancellationTokenSource(Ceiling);
        while (true)
        {
            Task more;
            lock (_lock)
                more = _more.Task;
            if (condition(All))
                return;

            try
            {
                await more.WaitAsync(ceiling.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{_name} has waited {Ceiling.TotalSeconds} s for {what}. What happened:\n{this}");
            }
        }
    }

    public override string ToString() => string.Join('\n', All.TakeLast(40));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync(IAsyncEnumerable<NodeEvent> events)
    {
        await foreach (var happened in events.ConfigureAwait(false))
        {
            TaskCompletionSource more;
            lock (_lock)
            {
                _all.Add(happened);
                (more, _more) = (_more, NewSignal());
            }

            more.SetResult();
        }
    }
}
