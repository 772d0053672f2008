namespace Firn.Protocol.Tests;

/// <summary>Runs a <see cref="Liveness"/> on virtual time as a node's schedule does: it checks when asked to, or later.</summary>
internal sealed class LivenessRun(long interval, long deadline, long start = 1_000, bool asksEarly = false)
{
    private readonly PriorityQueue<(long At, bool IsPong), long> _bytes = new();
    private Liveness _liveness = new(interval, deadline, start, asksEarly);

    public List<long> Pings { get; } = [];

    public long LastReceived { get; private set; } = start;

    public long Now { get; private set; } = start;

    /// <summary>When it was found dead.</summary>
    public long? DeadAt { get; private set; }

    public int Checks { get; private set; }

    public long NextCheck => _liveness.NextCheck;

    /// <summary>How long the peer takes to answer the ping that is sent at this time; null: never.</summary>
    public Func<long, long?> AnswersAfter { get; set; } = _ => null;

    /// <summary>When a check that is due at this time is made.</summary>
    public Func<long, long> ChecksAt { get; set; } = due => due;

    /// <summary>Bytes that come at <paramref name="at"/>.</summary>
    public void Receive(long at) => _bytes.Enqueue((at, false), at);

    public LivenessRun Until(long end)
    {
        while (DeadAt is null)
        {
            long check = Math.Max(Now, ChecksAt(_liveness.NextCheck));
            bool areBytesFirst = _bytes.TryPeek(out var next, out long at) && at <= check;
            if ((areBytesFirst ? at : check) > end)
                break;
            Now = areBytesFirst ? at : check;
            if (areBytesFirst)
                TakeBytes();
            else
                Check();
        }

        return this;
    }

    private void TakeBytes()
    {
        bool isPong = _bytes.Dequeue().IsPong;
        LastReceived = Now;
        _liveness.OnReceived(Now);
        if (isPong)
            _liveness.OnRttSample(Now);
    }

    private void Check()
    {
        Checks++;
        switch (_liveness.Check(Now))
        {
            case LivenessAction.SendPing:
                Pings.Add(Now);
                if (AnswersAfter(Now) is { } rtt)
                    _bytes.Enqueue((Now + rtt, true), Now + rtt);
                break;
            case LivenessAction.Dead:
                DeadAt = Now;
                return;
        }

        _liveness.NextCheck.ShouldBeGreaterThan(Now, "a check that is due at once again would spin");
    }
}
