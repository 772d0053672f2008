using Firn.Protocol;
using Firn.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace Firn.Relays;

/// <summary>A pair that this node joins.</summary>
/// <param name="One">One of the two.</param>
/// <param name="Other">The other.</param>
/// <param name="Bytes">What was passed on between them, both ways, on the streams that are there now.</param>
internal sealed record RelayedPair(NodeName One, NodeName Other, long Bytes);

/// <summary>What a relay does: streams that run now, and bytes passed on since its start.</summary>
internal readonly record struct RelayTotals(int Streams, long Bytes);

/// <summary>
/// Joins peers that ask for each other. What it passes on is theirs: TLS from end to end, of which it knows the two keys, the times
/// and the number of bytes.
/// </summary>
internal sealed partial class RelayService(NodeCore node)
{
    private readonly Lock _gate = new();
    private readonly RelayBook _book = new(new RelayLimits());
    private readonly Dictionary<long, (RelayPair Pair, Forwarding Forwarding)> _running = [];
    private long _endedBytes;

    public RelayTotals Totals
    {
        get
        {
            lock (_gate)
                return new RelayTotals(_running.Count, _endedBytes + _running.Values.Sum(static r => r.Forwarding.Bytes));
        }
    }

    /// <summary>The pairs between which streams run.</summary>
    public IReadOnlyList<RelayedPair> Pairs
    {
        get
        {
            lock (_gate)
            {
                return [.. _running.Values.GroupBy(static r => r.Pair, static r => r.Forwarding.Bytes)
                    .OrderBy(static pair => pair.Key.One).ThenBy(static pair => pair.Key.Other)
                    .Select(static pair => new RelayedPair(pair.Key.One.Name, pair.Key.Other.Name, pair.Sum()))];
            }
        }
    }

    /// <summary>Serves a peer that asks for another one, until the two are done with each other.</summary>
    public async Task ServeAsync(FirnStream asking)
    {
        using var deadline = new CancellationTokenSource(RelayTalk.Deadline, node.Clock.Time);
        try
        {
            var message = await RelayTalk.ReceiveAsync(asking, deadline.Token).ConfigureAwait(false);
            if (message is null || !RelayMessages.TryReadRequest(message, out var wanted))
            {
                await AnswerAsync(asking, RelayStatus.BadRequest, deadline.Token).ConfigureAwait(false);
                return;
            }

            var target = node.FindDirect(wanted);
            var decision = Decide(asking, wanted, target);
            if (decision.Status == RelayStatus.Ok)
                await JoinAsync(asking, target!, decision.Id, deadline.Token).ConfigureAwait(false);
            else
                await AnswerAsync(asking, decision.Status, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogGone(node.Logger, asking.Peer.Name, e.Message);
            asking.Reset();
        }
    }

    private RelayDecision Decide(FirnStream asking, Did wanted, Peer? target)
    {
        lock (_gate)
            return _book.Ask(asking.Peer.Key, isDirect: !asking.IsRelayed, wanted, target?.Key, node.Clock.Now);
    }

    private async Task JoinAsync(FirnStream asking, Peer target, long id, CancellationToken cancellationToken)
    {
        try
        {
            var (status, onward) = await BringAsync(asking.Peer, target).ConfigureAwait(false);
            if (onward is not null)
            {
                await using (onward.ConfigureAwait(false))
                    await ForwardAsync(asking, onward, id, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await AnswerAsync(asking, status, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
                _book.End(id);
        }
    }

    /// <summary>A stream to the target that it has taken; null with a reason when it has not.</summary>
    private async Task<(RelayStatus Status, FirnStream? Onward)> BringAsync(Peer asker, Peer target)
    {
        using var deadline = new CancellationTokenSource(RelayTalk.TargetDeadline, node.Clock.Time);
        FirnStream? onward = null;
        RelayStatus status;
        try
        {
            onward = await target.OpenStreamAsync(RelayMessages.Bringing, deadline.Token).ConfigureAwait(false);
            await onward.WriteAsync(RelayMessages.Notice(asker.Did), deadline.Token).ConfigureAwait(false);
            status = await RelayTalk.ReceiveAnswerAsync(onward, deadline.Token).ConfigureAwait(false) switch
            {
                RelayStatus.Ok => RelayStatus.Ok,
                RelayStatus.Busy or RelayStatus.Limit => RelayStatus.Busy,
                _ => RelayStatus.Unwilling,
            };
        }
        catch (FirnException e) when (e.Reason == FailureReason.NotConnected)
        {
            status = RelayStatus.NoSuchPeer;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogGone(node.Logger, target.Name, e.Message);
            status = RelayStatus.Unwilling;
        }

        if (status == RelayStatus.Ok || onward is null)
            return (status, onward);

        onward.Reset();
        await onward.DisposeAsync().ConfigureAwait(false);
        return (status, null);
    }

    private async Task ForwardAsync(FirnStream asking, FirnStream onward, long id, CancellationToken cancellationToken)
    {
        var forwarding = new Forwarding(asking, onward);
        var (from, to) = (asking.Peer.Name, onward.Peer.Name);
        lock (_gate)
            _running[id] = (new RelayPair(asking.Peer.Key, onward.Peer.Key), forwarding);
        LogBegun(node.Logger, from, to);
        try
        {
            await AnswerAsync(asking, RelayStatus.Ok, cancellationToken).ConfigureAwait(false);
            await forwarding.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(id);
                _endedBytes += forwarding.Bytes;
            }

            LogEnded(node.Logger, from, to, forwarding.Bytes);
        }
    }

    private async Task AnswerAsync(FirnStream asking, RelayStatus status, CancellationToken cancellationToken)
    {
        node.Telemetry.RelayAsked(status);
        await asking.WriteAsync(RelayMessages.Answer(status), cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Relays between {From}, which asked, and {To}")]
    private static partial void LogBegun(ILogger logger, NodeName from, NodeName to);

    [LoggerMessage(Level = LogLevel.Information, Message = "No longer relays between {From} and {To}: {Bytes} bytes were passed on")]
    private static partial void LogEnded(ILogger logger, NodeName from, NodeName to, long bytes);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Relaying with {Peer} did not come about: {Why}")]
    private static partial void LogGone(ILogger logger, NodeName peer, string why);
}
