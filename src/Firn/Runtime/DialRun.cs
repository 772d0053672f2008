using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Sessions;
using Firn.Telemetry;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>
/// One dial: does what its <see cref="DialRace"/> decides. The race is touched by one loop only; whoever connects, resolves or shakes hands puts
/// its news into the inbox.
/// </summary>
internal sealed class DialRun : IDisposable
{
    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<int, CancellationTokenSource> _runs = [];
    private readonly List<Task> _tasks = [];
    private readonly NodeCore _node;
    private readonly Dialler _dialler;
    private readonly StartDial _dial;
    private readonly DialRace _race;
    private readonly CancellationTokenSource _over;
    private string? _made;

    public DialRun(NodeCore node, Dialler dialler, StartDial dial, CancellationToken stopping)
    {
        (_node, _dialler, _dial) = (node, dialler, dial);
        _over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _race = new DialRace(dial, dialler.IsName, new RaceLimits(), node.Clock.Now);
    }

    /// <summary>Runs to its end: a session, or a failure that the rules are told. Nothing that was begun is left behind.</summary>
    public async Task RunAsync()
    {
        using var activity = FirnTelemetry.Activities.StartActivity("firn.dial", ActivityKind.Client);
        activity?.SetTag("server.address", _dial.Address.Host);
        activity?.SetTag("server.port", _dial.Address.Port);
        try
        {
            while (!_race.IsOver && !_over.IsCancellationRequested)
            {
                CarryOut();
                await WaitAsync().ConfigureAwait(false);
                while (_inbox.Reader.TryRead(out var news))
                    news();
                _race.Tick(_node.Clock.Now);
            }
        }
        finally
        {
            _inbox.Writer.Complete();
            while (_inbox.Reader.TryRead(out var news))
                news();   // whoever waits for an answer gets it
            await _over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_tasks).ConfigureAwait(false);
            Report(activity);
            Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var run in _runs.Values)
            run.Dispose();
        _over.Dispose();
    }

    private void CarryOut()
    {
        foreach (var action in _race.TakeActions())
        {
            switch (action)
            {
                case ResolveName name:
                    _tasks.Add(ResolveAsync(name.Address, IpFamily.V6));
                    _tasks.Add(ResolveAsync(name.Address, IpFamily.V4));
                    break;
                case StartWay start:
                    var limit = _runs[start.Run] = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
                    _tasks.Add(Task.Run(() => TryAsync(start.Run, start.Way, limit.Token), CancellationToken.None));
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
        long wait = Math.Max(0, _race.NextDue - _node.Clock.Now);
        using var timer = new CancellationTokenSource(TimeSpan.FromMilliseconds(wait), _node.Clock.Time);
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
            var found = await _node.Setup.Options.Resolve(name.Host, kind, _over.Token).ConfigureAwait(false);
            Tell(() => _race.OnResolved(name, family, found, _node.Clock.Now));
        }
        catch (OperationCanceledException)
        {
            // The race is over.
        }
    }

    /// <summary>One way, up to a session if the race lets it.</summary>
    private async Task TryAsync(int run, DialWay way, CancellationToken cancellationToken)
    {
        ILink? link = null;
        bool isSession = false;
        var stage = RaceStage.Connecting;
        try
        {
            link = await _dialler.ConnectAsync(way, cancellationToken).ConfigureAwait(false);
            stage = RaceStage.Greeting;
            using var greeting = await _node.Handshaker.GreetAsync(link, _dial, way, cancellationToken).ConfigureAwait(false);
            if (!await AskAsync(() => _race.OnAnswered(run, greeting.Leaf.Did, _node.Clock.Now)).ConfigureAwait(false))
            {
                await Handshaker.PartAsync(greeting, cancellationToken).ConfigureAwait(false);
                return;
            }

            stage = RaceStage.Proving;
            _node.Tell((rules, _) => rules.Dials.OnAnswered(_dial.Link, way));
            isSession = await _node.Handshaker.ProveAsync(greeting, _dial, MayDecideAsync, cancellationToken).ConfigureAwait(false);
            _made = isSession ? "ok" : "yielded";
            Tell(() => _race.OnWon(run));
        }
        catch (Exception e) when (Handshaker.IsFailure(e))
        {
            // Of what was cancelled the race hears no more.
            if (!cancellationToken.IsCancellationRequested)
                Tell(() => _race.OnFailed(run, Describe(e, stage, way), _node.Clock.Now));
        }
        finally
        {
            if (!isSession && link is not null)
                await link.DisposeAsync().ConfigureAwait(false);
        }

        async Task<bool> MayDecideAsync()
        {
            bool may = await AskAsync(() => _race.OnDeciding(run)).ConfigureAwait(false);
            if (may)
                stage = RaceStage.Deciding;
            return may;
        }
    }

    private void Tell(Action news) => _inbox.Writer.TryWrite(news);

    /// <summary>Asks the race; false when it is over.</summary>
    private async Task<bool> AskAsync(Func<bool> question)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _inbox.Writer.TryWrite(() => answer.SetResult(question())) && await answer.Task.ConfigureAwait(false);
    }

    private static RaceFailure Describe(Exception e, RaceStage stage, DialWay way) => e switch
    {
        HandshakeException h => new RaceFailure(stage, h.Failure, h.Message)
        {
            Refusal = h.IsByPeer && h.IsProved ? h.Reason : RefusalReason.Unspecified,
            IsProofRefused = h.Cause == RefusalCause.ProofRefused,
            IsHandshakes = true,
            IsRefused = stage >= RaceStage.Proving,
            IsYielding = Handshaker.IsYielding(h),
            Result = Handshaker.IsYielding(h) ? "yielded" : h.Cause.ToString(),
        },
        FirnException f => new RaceFailure(stage, f.Reason, f.Message),
        _ => new RaceFailure(stage, FailureReason.ConnectionLost, $"{way}: the connection broke during the handshake: {e.Message}"),
    };

    private void Report(Activity? activity)
    {
        if (_made is not null)
        {
            _node.Telemetry.HandshakeEnded("initiator", _made);
            return;
        }

        _node.Leave(_dial.Link);
        if (_node.IsStopping || !_race.IsOver)
        {
            activity?.SetStatus(ActivityStatusCode.Error, nameof(FailureReason.ShuttingDown));
            return;   // it is this node that has given up
        }

        var outcome = _race.Outcome;
        _node.Telemetry.HandshakeEnded("initiator", outcome.Result);
        if (!outcome.IsYielding)
        {
            activity?.SetStatus(ActivityStatusCode.Error, outcome.Result);
            if (outcome.IsHandshakes)
                _node.Telemetry.Refused("initiator", outcome.Reason);
        }

        var failure = DialFailure.Of(_dial.Address, outcome, _race.Failures);
        _node.Tell((rules, now) => rules.OnDialFailed(_dial.Link, outcome.Refusal, failure, now, outcome.IsProofRefused));
    }
}
