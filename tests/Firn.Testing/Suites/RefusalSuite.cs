using Firn.Protocol;
using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>Whom the handshake refuses, and what each end is told.</summary>
public abstract class RefusalSuite : FabricSuite
{
    private protected RefusalSuite(Func<Fabric> create)
        : base(create)
    {
    }

    [SkippableFact]
    public async Task Another_cookie_is_said_plainly_at_both_ends()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b", o => o.Cookie = NodeGroup.OtherCookie);

        var error = await DialFailureAsync(b, a);
        var refused = await a.Events.FirstAsync<RefusedEvent>();

        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        error.Message.ShouldContain("cookies differ");
        refused.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        refused.Message.ShouldContain("cookies differ");
        refused.Source.ShouldNotBeEmpty();
        (a.Node.Peers.Count, b.Node.Peers.Count).ShouldBe((0, 0));
    }

    [SkippableFact]
    public async Task Another_cluster_is_said_to_be_that()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b", o => o.Cluster = "other");

        var error = await DialFailureAsync(b, a);
        var refused = await a.Events.FirstAsync<RefusedEvent>();

        error.Reason.ShouldBe(FailureReason.ClusterDiffers);
        error.Message.ShouldContain("\"other\"");
        refused.Reason.ShouldBe(FailureReason.ClusterDiffers);
        refused.Message.ShouldContain("b@b.lan");
    }

    [SkippableFact]
    public async Task Another_version_of_the_protocol_is_said_to_be_that()
    {
        var a = await StartAsync("a");
        using var future = new Rogue(versions: new VersionRange(7, 9));
        await using var link = await DialAsync(future, a);

        var error = await Should.ThrowAsync<HandshakeException>(link.ProveAsync);

        error.Failure.ShouldBe(FailureReason.VersionUnsupported);
        error.Message.ShouldContain("7 to 9");
    }

    [SkippableFact]
    public async Task A_node_does_not_connect_to_itself()
    {
        var a = await StartAsync("a");

        var error = await DialFailureAsync(a, a);

        error.Reason.ShouldBe(FailureReason.Self);
        error.Message.ShouldContain("this node itself");
        a.Node.Peers.ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData("b")]
    [InlineData("A")]
    public async Task Another_node_than_the_expected_one_is_named(string expected)
    {
        var (a, c) = (await StartAsync("a"), await StartAsync("c"));

        var error = await DialFailureAsync(c, Expecting(expected, a));

        error.Reason.ShouldBe(FailureReason.WrongPeer);
        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.WrongPeer);
        refused.Message.ShouldContain("c@c.lan");
        refused.Message.ShouldContain("a@a.lan");
        (await Fabric.DialAsync(c, Expecting("a", a))).Name.ShouldBe(a.Node.Self.Name);
    }

    [SkippableFact]
    public async Task Nothing_is_proved_to_another_key_than_the_expected_one()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        using var somebodyElse = new Rogue();
        await using var link = await DialAsync(rogue, a, expectedDid: somebodyElse.Context.Did);

        var refusal = await Should.ThrowAsync<HandshakeException>(link.ProveAsync);

        refusal.Cause.ShouldBe(RefusalCause.WrongPeer);
        link.Proof.ShouldBeNull();
    }

    [SkippableFact]
    public async Task A_name_in_use_is_not_given_to_another_key()
    {
        var (a, b) = (await StartAsync("a"), await StartAsync("b"));
        var peer = await ConnectAsync(b, a);
        using var thief = new Rogue("b@b.lan");
        await using var link = await DialAsync(thief, a);

        (await Should.ThrowAsync<HandshakeException>(link.ProveAsync)).Failure.ShouldBe(FailureReason.NameTaken);

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.NameTaken);
        refused.Message.ShouldContain(thief.Context.Did.ToString());
        peer.IsConnected.ShouldBeTrue();
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Of_two_with_one_identity_the_newer_wins_and_the_older_is_stale()
    {
        var a = await StartAsync("a");
        using var older = new Rogue("twin@t.lan", incarnation: 1_000);
        using var newer = new Rogue("twin@t.lan", identity: older.Identity, incarnation: 2_000);
        await using var first = await JoinAsync(older, a);
        await a.PeerAsync("twin");

        await using var second = await JoinAsync(newer, a);

        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Superseded);
        (await a.Events.FirstAsync<PeerUpEvent>(skip: 1)).Peer.Incarnation.ShouldBe(new Incarnation(2_000));
        Firn.Protocol.Wire.Close.Parser.ParseFrom(await first.ReceiveUntilAsync(FrameType.Close)).Reason.ShouldBe(Firn.Protocol.Wire.CloseReason.Superseded);
        await using var again = await DialAsync(older, a);
        (await Should.ThrowAsync<HandshakeException>(again.ProveAsync)).Failure.ShouldBe(FailureReason.Stale);
        a.Node.Peers.ShouldHaveSingleItem().IsConnected.ShouldBeTrue();
    }

    private async Task<RogueLink> JoinAsync(Rogue rogue, LiveNode node)
    {
        var link = await DialAsync(rogue, node);
        await link.JoinAsync();
        return link;
    }

    private NodeAddress Expecting(string name, LiveNode node)
    {
        var address = Fabric.AddressOf(node);
        return NodeAddress.Parse($"{address.Scheme}://{name}@{address.Host}:{address.Port}");
    }
}
