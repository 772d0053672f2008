namespace Firn.Messaging;

/// <summary>What the meter is told of a node's messages when it asks: sums since the node's start.</summary>
/// <param name="Sent">Messages to peers that were taken on.</param>
/// <param name="Received">Messages that have begun to come from peers.</param>
/// <param name="Unreadable">Messages that were dropped, since their process could not read them.</param>
/// <param name="Answered">Calls that were answered.</param>
internal readonly record struct MessageTotals(long Sent, long Received, long Unreadable, long Answered)
{
    public MessageTotals Plus(MessageLink link) => this with
    {
        Sent = Sent + link.SentMessages,
        Received = Received + link.ReceivedMessages,
        Answered = Answered + link.Answered,
    };
}

/// <summary>Counts of what is rare enough to be counted in one place; the rest is counted in plain fields where it happens.</summary>
internal sealed class MessageCounts
{
    private const string Cancelled = "Cancelled";

    private static readonly FailureReason[] Reasons = Enum.GetValues<FailureReason>();

    private readonly Lock _gate = new();
    private readonly HashSet<MessageLink> _links = [];
    private readonly long[] _failed = new long[Reasons.Length + 1];   // the last: cancelled
    private readonly long[] _ended = new long[Enum.GetValues<ExitKind>().Length];
    private MessageTotals _past;
    private long _unreadable;
    private long _answered;

    /// <summary>Sums over all sessions, those that have ended too.</summary>
    public MessageTotals Totals
    {
        get
        {
            lock (_gate)
            {
                var sum = _links.Aggregate(_past, static (totals, link) => totals.Plus(link));
                return sum with { Unreadable = Volatile.Read(ref _unreadable), Answered = sum.Answered + Volatile.Read(ref _answered) };
            }
        }
    }

    /// <summary>Calls that failed, by reason; those that never did are left out.</summary>
    public IEnumerable<(string Reason, long Count)> FailedCalls
    {
        get
        {
            for (int i = 0; i < _failed.Length; i++)
            {
                if (Volatile.Read(ref _failed[i]) is > 0 and var count)
                    yield return (i < Reasons.Length ? Reasons[i].ToString() : Cancelled, count);
            }
        }
    }

    /// <summary>Processes that ended, by kind; kinds that never occurred are left out.</summary>
    public IEnumerable<(string Kind, long Count)> EndedProcesses
    {
        get
        {
            for (int i = 0; i < _ended.Length; i++)
            {
                if (Volatile.Read(ref _ended[i]) is > 0 and var count)
                    yield return (((ExitKind)i).ToString(), count);
            }
        }
    }

    public void Begin(MessageLink link)
    {
        lock (_gate)
            _links.Add(link);
    }

    public void End(MessageLink link)
    {
        lock (_gate)
        {
            if (_links.Remove(link))
                _past = _past.Plus(link);
        }
    }

    public void AnsweredLocally() => Interlocked.Increment(ref _answered);

    public void Unreadable() => Interlocked.Increment(ref _unreadable);

    public void CallFailed(Exception failure) =>
        Interlocked.Increment(ref _failed[failure is FirnException known ? (int)known.Reason : Reasons.Length]);

    public void Ended(ExitKind kind) => Interlocked.Increment(ref _ended[(int)kind]);
}
