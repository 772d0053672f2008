using System.Net;
using RefusalReason = Firn.Protocol.Wire.RefusalReason;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol.Tests;

/// <summary>The rules of Alice, and the steps that tests of them share.</summary>
public abstract class NodeRulesFixture
{
    protected static readonly DateTimeOffset Today = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    protected static readonly IPAddress Elsewhere = IPAddress.Parse("10.9.9.9");
    private protected static readonly NodeAddress Seed = NodeAddress.Parse("10.0.0.1:1");
    private protected static readonly PeerKey Carol = Pair.Key("carol");
    private protected static readonly Incarnation First = new(1);

    private ulong _session;

    private protected SimRecords Made { get; } = new();

    private protected NodeRules Rules { get; } = RulesOf(new NodeRulesOptions());

    private protected static NodeRules RulesOf(NodeRulesOptions options, Func<double>? random = null) =>
        new(Pair.Alice, Policies.ByCookie, options, random ?? (static () => 0));

    private protected SignedPeerRecord Sign(PeerKey peer, ulong sequence, params string[] addresses) =>
        Made.Sign(peer, sequence, Today.AddHours(24), [.. addresses.Select(NodeAddress.Parse)]);

    /// <summary>The peer dials and is taken; returns the link.</summary>
    private protected long Accept(NodeRules rules, PeerKey peer, long now = 0)
    {
        long link = rules.NewLink();
        rules.OnCommit(link, peer, Policies.Cookie, First, Pair.Session(++_session), null, _session, now).ShouldBe(RefusalReason.Unspecified);
        return link;
    }

    private protected void Tell(NodeRules rules, long link, params SignedPeerRecord[] records) => Tell(rules, link, Elsewhere, records);

    private protected void Tell(NodeRules rules, long link, IPAddress? teller, params SignedPeerRecord[] records) =>
        rules.OnVerified(link, Made.Verify(rules.OnRecords(link, records, 0), Today), teller, Today, 0);

    /// <summary>What is dialled now.</summary>
    private protected static StartDial[] Dials(NodeRules rules, long now = 0)
    {
        rules.Tick(now);
        return [.. rules.TakeActions().OfType<StartDial>()];
    }

    /// <summary>The dial leads to Bob and makes the session; returns its link.</summary>
    private protected long Connect(StartDial dial)
    {
        var decision = Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);
        Rules.OnCommitSent(dial.Link, Pair.Bob, Policies.Cookie, First, Pair.Session(++_session), decision, 0);
        Rules.OnAccepted(dial.Link, 0).ShouldBeTrue();
        return dial.Link;
    }
}
