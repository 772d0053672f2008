using Firn.Protocol;
using Firn.Transports;
using Microsoft.Extensions.Logging;

namespace Firn.Runtime;

/// <summary>A connection whose other end has proved nothing yet.</summary>
internal sealed class Arrival(long id, IPendingLink pending, Acceptor acceptor) : IDisposable
{
    private readonly CancellationTokenSource _aborted = new();
    private int _isOver;

    public IPendingLink Pending => pending;

    /// <summary>Cancelled when the gate drops it, above all at its deadline.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Why the gate dropped it, if it did.</summary>
    public StrangerDrop Dropped { get; private set; }

    public void OnProved() => acceptor.OnProved(id, pending.Pool);

    /// <summary>The connection is a session's from here on, which ends it with a reason: no abort cuts it any more.</summary>
    public void Release() => Interlocked.Exchange(ref _isOver, 1);

    public void Abort(StrangerDrop why)
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
            return;

        Dropped = why;
        pending.Dispose();
        try
        {
            _aborted.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was served to its end at the same moment.
        }
    }

    public void Dispose() => _aborted.Dispose();
}

/// <summary>
/// Accepts connections and decides by the <see cref="StrangerGate"/> whose handshake runs, waits or ends. No handshake is
/// awaited by the accept loop, so that a silent client holds up nobody.
/// </summary>
internal sealed partial class Acceptor(
    NodeClock clock, Schedule schedule, Func<Arrival, Task> serve, ILogger logger) : Scheduled, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly StrangerGate[] _gates = [.. Enum.GetValues<StrangerPool>().Select(_ => new StrangerGate())];
    private readonly Dictionary<long, Arrival> _arrivals = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly List<ITransportListener> _listeners = [];
    private readonly List<Task> _loops = [];
    private readonly TaskGroup _serving = new();
    private long _lastId;
    private bool _isClosed;

    public IEnumerable<NodeAddress> Bound => _listeners.Select(l => l.Bound);

    /// <summary>Connections that wait for their handshake or are in it.</summary>
    public int Strangers
    {
        get
        {
            lock (_lock)
                return _arrivals.Count;
        }
    }

    /// <summary>Accepts from <paramref name="listener"/> until disposed.</summary>
    public void Run(ITransportListener listener)
    {
        _listeners.Add(listener);
        _loops.Add(AcceptAsync(listener));
    }

    /// <summary>Takes a connection, of a listener or from elsewhere; drops it once the node stops.</summary>
    public void Take(IPendingLink pending)
    {
        IReadOnlyList<StrangerAction>? actions = null;
        long? expiry = null;
        lock (_lock)
        {
            if (!_isClosed)
            {
                long id = ++_lastId;
                _arrivals[id] = new Arrival(id, pending, this);
                var gate = _gates[(int)pending.Pool];
                actions = gate.Arrive(id, pending.Source, clock.Now);
                expiry = gate.NextExpiry;
            }
        }

        if (actions is null)
        {
            pending.Dispose();
            return;
        }

        CarryOut(actions);
        if (expiry is { } due)
            schedule.Set(this, due);
    }

    public void OnProved(long id, StrangerPool pool)
    {
        lock (_lock)
            _gates[(int)pool].Proved(id);
    }

    public override long OnDue(long now)
    {
        IReadOnlyList<StrangerAction> actions;
        lock (_lock)
            actions = [.. _gates.SelectMany(gate => gate.Expire(now))];
        CarryOut(actions);
        lock (_lock)
            return _gates.Min(static gate => gate.NextExpiry ?? long.MaxValue);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        foreach (var listener in _listeners)
            await listener.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);

        Arrival[] arrivals;
        lock (_lock)
        {
            _isClosed = true;
            arrivals = [.. _arrivals.Values];
        }

        foreach (var arrival in arrivals)
            arrival.Abort(StrangerDrop.None);
        await _serving.CloseAsync().ConfigureAwait(false);
        _stopped.Dispose();
    }

    private async Task AcceptAsync(ITransportListener listener)
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                Take(await listener.AcceptAsync(_stopped.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                return;
            }
            catch (ObjectDisposedException) when (_stopped.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void CarryOut(IReadOnlyList<StrangerAction> actions)
    {
        foreach (var action in actions)
        {
            Arrival? arrival;
            lock (_lock)
            {
                arrival = _arrivals.GetValueOrDefault(action.Id);
                if (action.Verb == StrangerVerb.Drop)
                    _arrivals.Remove(action.Id);
            }

            if (arrival is not null && action.Verb == StrangerVerb.Start)
            {
                _serving.Run(() => ServeAsync(action.Id, arrival));
            }
            else if (arrival is not null && action.Verb == StrangerVerb.Drop)
            {
                LogDropped(arrival.Pending.Origin, action.Why);
                arrival.Abort(action.Why);
            }
        }
    }

    private async Task ServeAsync(long id, Arrival arrival)
    {
        try
        {
            await serve(arrival).ConfigureAwait(false);
        }
        finally
        {
            IReadOnlyList<StrangerAction> actions;
            lock (_lock)
            {
                _arrivals.Remove(id);
                actions = _gates[(int)arrival.Pending.Pool].Finished(id);
            }

            CarryOut(actions);
            arrival.Pending.OnServed();
            arrival.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A connection from {Origin} was dropped: {Why}")]
    private partial void LogDropped(string origin, StrangerDrop why);
}
