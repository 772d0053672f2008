using Firn.Protocol;

namespace Firn.Runtime;

/// <summary>Tell every peer what this node now says of itself.</summary>
internal sealed record AnnounceDescription(TaskCompletionSource Told) : NodeAction;

/// <summary>
/// Sees to it that the newest description reaches the peers, and no more of them than peers put up with: of changes that follow
/// each other closely, the last one counts.
/// </summary>
internal sealed class Announcer(NodeCore node) : Scheduled
{
    // Peers cut off who exceeds twice this burst at this rate.
    private TokenBucket _budget = new(burst: 16, perSecond: 1, now: 0);
    private TaskCompletionSource _told = NewSignal();

    /// <summary>Completes when what the node says of itself now was handed to every session.</summary>
    public Task Told => Volatile.Read(ref _told).Task;

    public override long OnDue(long now)
    {
        if (!_budget.TryTake(now))
            return now + 1000;

        node.Post(new AnnounceDescription(Interlocked.Exchange(ref _told, NewSignal())));
        return long.MaxValue;
    }

    /// <summary>The node stops: there is nobody left to be told.</summary>
    public void Stop() => Volatile.Read(ref _told).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
