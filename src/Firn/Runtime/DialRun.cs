using System.Diagnostics;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Sessions;
using Firn.Telemetry;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>One dial: a race of the ways to a node, each up to a session if the race lets it, and the report on its outcome.</summary>
internal sealed class DialRun : IDisposable
{
    private readonly NodeCore _node;
    private readonly Dialler _dialler;
    private readonly StartDial _dial;
    private readonly DialRace _race;
    private readonly RaceDriver _driver;
    private string? _made;

    public DialRun(NodeCore node, Dialler dialler, StartDial dial, CancellationToken stopping)
    {
        (_node, _dialler, _dial) = (node, dialler, dial);
        _race = new DialRace(dial, node.Setup.Transports.IsName, new RaceLimits(), node.Clock.Now);
        _driver = new RaceDriver(_race, node.Clock, node.Setup.Options.Resolve, TryAsync, stopping);
    }

    /// <summary>Runs to its end: a session, or a failure that the rules are told. Nothing that was begun is left behind.</summary>
    public async Task RunAsync()
    {
        using var activity = FirnTelemetry.Activities.StartActivity("firn.dial", ActivityKind.Client);
        activity?.SetTag("server.address", _dial.Address.Host);
        activity?.SetTag("server.port", _dial.Address.Port);
        try
        {
            await _driver.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            Report(activity);
            Dispose();
        }
    }

    public void Dispose() => _driver.Dispose();

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
            if (!await _driver.AnsweredAsync(run, greeting.Leaf.Did).ConfigureAwait(false))
            {
                await Handshaker.PartAsync(greeting, cancellationToken).ConfigureAwait(false);
                return;
            }

            stage = RaceStage.Proving;
            _node.Tell((rules, _) => rules.Dials.OnAnswered(_dial.Link, way));
            isSession = await _node.Handshaker.ProveAsync(greeting, _dial, MayDecideAsync, cancellationToken).ConfigureAwait(false);
            _made = isSession ? "ok" : "yielded";
            _driver.Won(run);
        }
        catch (Exception e) when (Handshaker.IsFailure(e))
        {
            // Of what was cancelled the race hears no more.
            if (!cancellationToken.IsCancellationRequested)
                _driver.Failed(run, Describe(e, stage, way));
        }
        finally
        {
            if (!isSession && link is not null)
                await link.DisposeAsync().ConfigureAwait(false);
        }

        async Task<bool> MayDecideAsync()
        {
            bool may = await _driver.DecidingAsync(run).ConfigureAwait(false);
            if (may)
                stage = RaceStage.Deciding;
            return may;
        }
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
