using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>The rules of Alice, who admits in some way, and those that come to her.</summary>
public abstract class AdmissionFixture
{
    private protected const RefusalReason Yes = RefusalReason.Unspecified;
    private protected static readonly Incarnation First = new(1);
    private protected static readonly NodeAddress Here = NodeAddress.Parse("10.0.0.1:1");
    private protected static readonly PeerKey Carol = Pair.Key("carol");

    /// <summary>Somebody else who calls herself Bob.</summary>
    private protected static readonly PeerKey OtherBob = Pair.Key("bob", 1);

    private ulong _session;

    private protected static NodeRules RulesOf(AdmissionPolicy policy) => new(Pair.Alice, policy, new NodeRulesOptions(), () => 0);

    private protected static AdmissionPolicy Trusting(params IEnumerable<TrustEntry> entries) =>
        new(AdmissionMode.Trust, null, new TrustList(entries));

    /// <summary>The peer dials and commits; returns the link and what became of it.</summary>
    private protected (long Link, RefusalReason Refusal) Commit(NodeRules rules, PeerKey peer, CookieKey? cookie = null, long now = 0)
    {
        long link = rules.NewLink();
        return (link, rules.OnCommit(link, peer, cookie, First, Pair.Session(++_session), null, _session, now));
    }

    private protected long Accept(NodeRules rules, PeerKey peer, CookieKey? cookie = null, long now = 0)
    {
        var (link, refusal) = Commit(rules, peer, cookie, now);
        refusal.ShouldBe(Yes);
        rules.TakeActions();
        return link;
    }

    /// <summary>Alice dials; her Commit goes out to the peer, which has not answered yet.</summary>
    private protected long CommitTo(NodeRules rules, PeerKey peer, CookieKey? cookie = null)
    {
        long link = rules.NewLink();
        var decision = rules.OnVerdict(link, peer, cookie, First, held: null, rules.Peers.Moment, 0);
        decision.Refusal.ShouldBe(Yes);
        rules.OnCommitSent(link, peer, cookie, First, Pair.Session(++_session), decision, 0);
        return link;
    }

    private protected static StartDial[] Dials(NodeRules rules, long now = 0)
    {
        rules.Tick(now);
        return [.. rules.TakeActions().OfType<StartDial>()];
    }
}
