using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>Peer books, what they ask for, and the steps that tests of them share. A is alice, whose name is smaller than bob's.</summary>
public abstract class PeerBookFixture
{
    private protected const RefusalReason Yes = RefusalReason.Unspecified;
    private protected static readonly Incarnation First = new(1);
    private protected static readonly Incarnation Second = new(2);

    private readonly List<NodeAction> _actions = [];

    private protected PeerBook Book(PeerKey self, PeerBookLimits? limits = null) => new(self, limits ?? new PeerBookLimits(), _actions.Add);

    private protected List<NodeAction> Take()
    {
        var actions = _actions.ToList();
        _actions.Clear();
        return actions;
    }

    private protected static SessionId Id(long link) => Pair.Session((ulong)link);

    /// <summary>A Commit of the peer; the link's number names the session too.</summary>
    private protected static RefusalReason Accept(
        PeerBook book, PeerKey peer, long link, ulong counter, long? last = null, ulong incarnation = 1, long now = 0) =>
        book.OnCommit(link, peer, new Incarnation(incarnation), Id(link), last is { } l ? Id(l) : null, counter, now);

    /// <summary>Our own Commit, as far as it can go without the peer.</summary>
    private protected static VerdictDecision Commit(PeerBook book, PeerKey peer, long link, SessionId? held = null, long now = 0, long? proved = null)
    {
        var decision = book.OnVerdict(peer, First, held, proved ?? book.Moment, now);
        if (decision.Refusal == Yes)
            book.OnCommitSent(link, peer, First, Id(link), decision, now);
        return decision;
    }
}
