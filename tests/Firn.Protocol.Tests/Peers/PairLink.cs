using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>How a dial ended for its initiator.</summary>
internal enum PairDialEnd
{
    NotStarted,
    Running,
    Connected,
    Yielded,
    Failed,
}

/// <summary>How far one end of a link has come.</summary>
internal enum PairStage
{
    Unused,
    Proving,
    Committed,
    Session,
    Closed,
}

internal enum PairMessageKind
{
    Proof,
    Verdict,
    Commit,
    Describe,
    Refusal,
    Close,
    EndOfStream,
}

/// <summary>What travels on a link.</summary>
internal readonly record struct PairMessage(
    PairMessageKind Kind, SessionId? Session = null, ulong Counter = 0, Incarnation Incarnation = default,
    RefusalReason Refusal = default, EndReason Reason = default);

/// <summary>A connection: a queue each way, and what the two ends have made of it.</summary>
internal sealed class PairLink(int initiator)
{
    public int Initiator { get; } = initiator;

    public PairStage[] Stage { get; } = new PairStage[2];

    public Queue<PairMessage>[] To { get; } = [new(), new()];

    public bool IsBroken { get; set; }

    public PairDialEnd Result { get; set; }

    /// <summary>The initiator's <see cref="PeerBook.Moment"/> when its Proof went out.</summary>
    public long Proved { get; set; }

    /// <summary>What the acceptor was told of the initiator's incarnation.</summary>
    public Incarnation AcceptorSees { get; set; }

    public void AddTo(ref Fingerprint print)
    {
        print.Add((int)Stage[0], (int)Stage[1], IsBroken ? 1 : 0, (int)Result);
        print.Add((long)AcceptorSees.Value);
        foreach (var queue in To)
        {
            print.Add(queue.Count);
            foreach (var m in queue)
                print.Add((int)m.Kind, m.Session?.GetHashCode() ?? 0, (long)m.Counter, (long)m.Incarnation.Value, (int)m.Refusal, (int)m.Reason);
        }
    }
}
