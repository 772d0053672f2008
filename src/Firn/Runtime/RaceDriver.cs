using System.Net.Sockets;
using System.Threading.Channels;
using Firn.Protocol;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>
/// Does what a <see cref="DialRace"/> decides. The race is touched by one loop only; whoever connects, resolves or shakes hands puts its news into
/// the inbox.
/// </summary>
/// <param name="race">The race; of the driver from here on until it has run.</param>
/// <param name="clock">That of the race.</param>
/// <param name="resolve">How names are looked up.</param>
/// <param name="tryWay">Tries a way, tells the driver what comes of it, and leaves nothing behind; never throws.</param>
/// <param name="stopping">Ends it without an outcome.</param>
internal sealed class RaceDriver(
    DialRace race, NodeClock clock, NameResolver resolve, Func<int, DialWay, CancellationToken, Task> tryWay, CancellationToken stopping) : IDisposable
{
    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<int, CancellationTokenSource> _runs = [];
    private readonly List<Task> _tasks = [];
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(stopping);

    /// <summary>Runs until the race is over, or it is stopped. Nothing that was begun is left behind.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (!race.IsOver && !_over.IsCancellationRequested)
            {
                CarryOut();
                await WaitAsync().ConfigureAwait(false);
                while (_inbox.Reader.TryRead(out var news))
                    news();
                race.Tick(clock.Now);
            }
        }
        finally
        {
            _inbox.Writer.Complete();
            while (_inbox.Reader.TryRead(out var news))
                news();   // whoever waits for an answer gets it
            await _over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_tasks).ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="DialRace.OnAnswered"/>
    public Task<bool> AnsweredAsync(int run, Did did) => AskAsync(() => race.OnAnswered(run, did, clock.Now));

    /// <inheritdoc cref="DialRace.OnDeciding"/>
    public Task<bool> DecidingAsync(int run) => AskAsync(() => race.OnDeciding(run));

    /// <inheritdoc cref="DialRace.OnWon"/>
    public void Won(int run) => Tell(() => race.OnWon(run));

    /// <inheritdoc cref="DialRace.OnFailed"/>
    public void Failed(int run, RaceFailure failure) => Tell(() => race.OnFailed(run, failure, clock.Now));

    public void Dispose()
    {
        foreach (var run in _runs.Values)
            run.Dispose();
        _over.Dispose();
    }

    private void CarryOut()
    {
        foreach (var action in race.TakeActions())
        {
            switch (action)
            {
                case ResolveName name:
                    _tasks.Add(ResolveAsync(name.Address, IpFamily.V6));
                    _tasks.Add(ResolveAsync(name.Address, IpFamily.V4));
                    break;
                case StartWay start:
                    var limit = _runs[start.Run] = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
                    _tasks.Add(Task.Run(() => tryWay(start.Run, start.Way, limit.Token), CancellationToken.None));
                    break;
                case CancelWay cancel:
                    _runs[cancel.Run].Cancel();
                    break;
            }
        }
    }

    /// <summary>Waits for news, or until the race has something due.</summary>
    private async Task WaitAsync()
    {
        long wait = Math.Max(0, race.NextDue - clock.Now);
        using var timer = new CancellationTokenSource(TimeSpan.FromMilliseconds(wait), clock.Time);
        using var due = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _over.Token);
        try
        {
            await _inbox.Reader.WaitToReadAsync(due.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Time for the race to go on, or to end.
        }
    }

    private async Task ResolveAsync(NodeAddress name, IpFamily family)
    {
        try
        {
            var kind = family == IpFamily.V6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
            var found = await resolve(name.Host, kind, _over.Token).ConfigureAwait(false);
            Tell(() => race.OnResolved(name, family, found, clock.Now));
        }
        catch (OperationCanceledException)
        {
            // The race is over.
        }
    }

    private void Tell(Action news) => _inbox.Writer.TryWrite(news);

    /// <summary>Asks the race; false when it is over.</summary>
    private async Task<bool> AskAsync(Func<bool> question)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _inbox.Writer.TryWrite(() => answer.SetResult(question())) && await answer.Task.ConfigureAwait(false);
    }
}
