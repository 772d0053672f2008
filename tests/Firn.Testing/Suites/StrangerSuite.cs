using Firn.Protocol;
using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>Who comes without the cookie, or with bad intent, and has got as far as the handshake.</summary>
public abstract class StrangerSuite : FabricSuite
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>The time of the node that is attacked: what it does by its clock is exact.</summary>
    private readonly VirtualTimeProvider _time = new(DateTimeOffset.UtcNow);

    private protected StrangerSuite(Func<Fabric> create)
        : base(create)
    {
    }

    [SkippableTheory]
    [InlineData("TLS")]
    [InlineData("Challenge")]
    [InlineData("Verdict")]
    public async Task Who_falls_silent_is_gone_after_the_deadline_and_not_before(string after)
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        var begun = _time.GetUtcNow();
        using var rogue = new Rogue();
        await using var link = await DialAsync(rogue, a);
        if (after == "Challenge")
            await link.ReceiveAsync();
        else if (after == "Verdict")
            await link.ProveAsync();
        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 1, "the node to take the connection");
        var ending = link.Stream.ReadUntilOverAsync();

        _time.Advance(Deadline - Millisecond);
        a.Node.Core.Acceptor.Strangers.ShouldBe(1);
        _time.Advance(Millisecond);

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        await ending;
        (refused.Reason, refused.At - begun).ShouldBe((FailureReason.TimedOut, Deadline));
        refused.Message.ShouldContain("10 s");
        a.Node.Peers.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task One_byte_a_second_buys_no_time()
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        var begun = _time.GetUtcNow();
        using var rogue = new Rogue();
        await using var link = await DialAsync(rogue, a);
        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 1, "the node to take the connection");
        byte[] slow = [(byte)HandshakeMessageType.Proof | 0x80, 0x01, 0x00, .. new byte[256]];

        for (int i = 0; i < 10; i++)
        {
            a.Events.Of<RefusedEvent>().ShouldBeEmpty();
            await link.Stream.WriteAsync(slow.AsMemory(i, 1));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        (refused.Reason, refused.At - begun).ShouldBe((FailureReason.TimedOut, Deadline));
    }

    [SkippableTheory]
    [InlineData("garbage", "type 127")]
    [InlineData("oversized", "65535 bytes")]
    [InlineData("wrong order", "expected a Proof")]
    [InlineData("cut short", "malformed")]
    public async Task What_is_no_answer_ends_it_at_once(string which, string sentence)
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        using var rogue = new Rogue();
        await using var link = await DialAsync(rogue, a);
        byte[] sent = which switch
        {
            "garbage" => [0x7f, 0x45, 0x4c, 0x46, 0x02],
            "oversized" => [(byte)HandshakeMessageType.Proof | 0x80, 0xff, 0xff],
            "wrong order" => [(byte)HandshakeMessageType.Commit, 0, 0],
            _ => Shortened(await link.MakeProofAsync()),
        };
        if (link.Proof is null)
            await link.ReceiveAsync();
        await link.Stream.WriteAsync(sent);

        await link.Stream.ReadUntilOverAsync();

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.ProtocolError);
        refused.Message.ShouldContain(sentence);
        await ShouldStillTakeMembersAsync(a);

        // Its length says what is there, but the last byte of its body is not.
        static byte[] Shortened(byte[] proof) => HandshakeMessage.Build(
            HandshakeMessageType.Proof, proof.AsSpan()[HandshakeMessage.HeaderLength..^(HandshakeMessage.MacLength + 1)], withMac: true);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_leaves_in_the_middle_of_a_message_is_told_of_and_forgotten(bool inGoodOrder)
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        using var rogue = new Rogue();
        await using (var link = await DialAsync(rogue, a))
        {
            await link.Stream.WriteAsync((await link.MakeProofAsync()).AsMemory(0, 40));
            if (!inGoodOrder)
                link.Link.Abort();
        }

        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.ConnectionLost);
        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 0, "the connection to be forgotten");
        a.Node.Peers.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_proof_of_another_connection_opens_nothing()
    {
        var a = await StartAsync("a");
        using var member = new Rogue();
        await using var honest = await DialAsync(member, a);
        await honest.ProveAsync();
        await using var replayed = await DialAsync(member, a);   // even by the same node, with the same leaf
        await replayed.ReceiveAsync();

        await replayed.Stream.WriteAsync(honest.Proof);
        await replayed.Stream.ReadUntilOverAsync();

        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.AuthenticationFailed);
        a.Node.Peers.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_node_does_not_take_its_own_words_for_anothers()
    {
        var a = await StartAsync("a");
        using var mirror = new Rogue();
        await using var link = await DialAsync(mirror, a);

        byte[] challenge = await link.ReceiveAsync();
        await link.Stream.WriteAsync(challenge);
        await link.Stream.ReadUntilOverAsync();

        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.ProtocolError);
        a.Node.Peers.ShouldBeEmpty();
    }

    /// <summary>Snow 1: with leaves properly signed by its own identity, and every byte passed on as it came.</summary>
    [SkippableFact]
    public async Task Who_ends_the_link_at_both_sides_gets_neither_node_in()
    {
        var (a, b) = (await StartAsync("a"), await StartAsync("b"));
        using var rogue = new Rogue();
        await using var between = await Imposter.BeforeAsync(Fabric, b, rogue.Leaf);

        var error = await DialFailureAsync(a, between.Address);

        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        var refused = await b.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        refused.Message.ShouldContain("relays the connection");
        between.Passed.ShouldBeGreaterThan(100);   // it did pass the handshake on
        (a.Node.Peers.Count, b.Node.Peers.Count).ShouldBe((0, 0));
        a.Events.Of<PeerUpEvent>().ShouldBeEmpty();
        b.Events.Of<PeerUpEvent>().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Who_leads_a_node_back_to_itself_gets_nowhere()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        await using var between = await Imposter.BeforeAsync(Fabric, a, rogue.Leaf);

        var error = await DialFailureAsync(a, between.Address);

        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.AuthenticationFailed);
        a.Node.Peers.ShouldBeEmpty();
    }

    /// <summary>A clone of a node's identity that dials the node itself.</summary>
    [SkippableFact]
    public async Task A_nodes_own_key_is_not_let_in()
    {
        var a = await StartAsync("a");
        using var clone = new Rogue(identity: a.Node.Core.Setup.Identity.Key);
        await using var link = clone.Begin(await Fabric.DialAsync(a, clone.Leaf));

        await Should.ThrowAsync<HandshakeException>(link.ProveAsync);

        a.Node.Peers.ShouldBeEmpty();
    }

    public static TheoryData<string> Leaves => [.. ForgedLeaf.Kinds.Keys];

    [SkippableTheory]
    [MemberData(nameof(Leaves))]
    public async Task A_wrong_leaf_is_explained_here_and_nowhere_else(string kind)
    {
        var a = await StartAsync("a");
        await using var link = await Fabric.DialAsync(a, ForgedLeaf.Make(kind));

        byte[] answer = await link.Stream.ReadUntilOverAsync();

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        refused.Message.ShouldContain(ForgedLeaf.Kinds[kind]);
        answer.ShouldBe(HandshakeMachine.RefuseLeaf());   // the same bytes for every one of them, and no Challenge before
        a.Node.Peers.ShouldBeEmpty();
    }

    /// <summary>The other role, with the same check: whoever is dialled is no more trusted than whoever dials.</summary>
    [SkippableTheory]
    [MemberData(nameof(Leaves))]
    public async Task A_dialler_proves_nothing_to_a_wrong_leaf(string kind)
    {
        var a = await StartAsync("a");
        await using var trap = await Fabric.ListenAsync();
        var dialling = DialFailureAsync(a, trap.Address);
        await using var link = await trap.AcceptAsync(ForgedLeaf.Make(kind));
        using var somebody = new Rogue();
        await link.Stream.WriteAsync(somebody.Challenge());

        byte[] answer = await link.Stream.ReadUntilOverAsync();

        var error = await dialling;
        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        error.Message.ShouldContain(ForgedLeaf.Kinds[kind]);
        answer.ShouldBe(HandshakeMachine.RefuseLeaf());
    }

    [SkippableFact]
    public async Task Handshakes_that_never_end_hold_up_no_other()
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);   // which stands still: nobody runs into the deadline
        using var rogue = new Rogue();
        var stuck = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DialAsync(rogue, a)));

        await ShouldStillTakeMembersAsync(a);

        foreach (var link in stuck)
            await link.DisposeAsync();
    }
}
