using Firn.Protocol.Wire;

namespace Firn.Protocol.Tests.Handshake;

public sealed class HandshakeTests : IDisposable
{
    private readonly TestNode _a = new("a@alpha");
    private readonly TestNode _b = new("b@beta");

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void Two_nodes_with_one_cookie_meet_and_agree_on_the_session()
    {
        using var talk = new Conversation(_a, _b, "b", _b.Context.Did).Run(counter: 7);

        talk.Failed.ShouldBeNull();
        talk.Proof.ShouldBe(new ProofReceived(_a.Context.Name, _a.Context.Incarnation, "b", _b.Context.Did, 0));
        talk.Verdict.ShouldBe(new VerdictReceived(_b.Context.Name, _b.Context.Incarnation, null));
        talk.Commit.ShouldBe(new CommitReceived(null, 7, talk.InitiatorSession));
        talk.AtAcceptor.ShouldBe(_a.Description);
        talk.AtInitiator.ShouldBe(_b.Description);
    }

    [Fact]
    public void Sessions_that_were_held_before_are_named()
    {
        var held = new SessionId(TestNode.NonceOf(3).AsSpan(..16));
        var last = new SessionId(TestNode.NonceOf(4).AsSpan(..16));
        using var talk = new Conversation(_a, _b).Run(held: held, last: last);

        talk.Verdict.ShouldNotBeNull().Held.ShouldBe(held);
        talk.Commit.ShouldNotBeNull().Last.ShouldBe(last);
        held.ToString().ShouldBe("03030303030303030303030303030303");
    }

    [Fact]
    public void Every_handshake_makes_another_session_id()
    {
        using var one = new Conversation(_a.Dial(_b.Leaf), _b.Accept(_a.Leaf), _a, _b).Run();
        using var two = new Conversation(_a.Dial(_b.Leaf, nonce: 9), _b.Accept(_a.Leaf), _a, _b).Run();
        one.InitiatorSession.ShouldNotBe(two.InitiatorSession);
    }

    [Fact]
    public void The_initiator_learns_no_name_before_it_has_proved_itself()
    {
        byte[] challenge = _b.Accept(_a.Leaf).Challenge();
        foreach (string secret in (string[])["b@beta", "default", _b.Description.SoftwareVersion])
            System.Text.Encoding.Latin1.GetString(challenge).ShouldNotContain(secret);
    }

    [Fact]
    public void A_cookie_is_replaced_without_an_outage()
    {
        using var newer = new TestNode("new@n", keys: [TestNode.Key(2), TestNode.Key(1)]);
        using var older = new TestNode("old@o", keys: [TestNode.Key(1)]);

        using var fromOld = new Conversation(older, newer).Run();
        fromOld.Failed.ShouldBeNull("the acceptor answers with the key that verified, not with its first");
        fromOld.Proof.ShouldNotBeNull().Key.ShouldBe(1);

        using var fromNew = new Conversation(newer, older).Run();
        fromNew.Failed.ShouldNotBeNull().Failure.Cause.ShouldBe(RefusalCause.WrongProof, "the first key proves");
    }

    [Fact]
    public void The_highest_common_version_is_chosen()
    {
        using var wide = new TestNode("a@a", versions: new VersionRange(1, 3));
        using var narrow = new TestNode("b@b", versions: new VersionRange(2, 2));
        foreach (var (from, to) in new[] { (wide, narrow), (narrow, wide) })
        {
            using var talk = new Conversation(from, to).Run();
            talk.Failed.ShouldBeNull();
            Proof.Parser.ParseFrom(HandshakeMessage.Read(talk.Sent[1]).Body).Version.ShouldBe(2u);
        }
    }

    [Fact]
    public void Without_a_common_version_both_ends_name_both_ranges()
    {
        using var newer = new TestNode("a@a", versions: new VersionRange(3, 5));
        using var talk = new Conversation(newer, _b).Run();

        var failure = talk.Failed.ShouldNotBeNull().Failure;
        failure.Cause.ShouldBe(RefusalCause.VersionUnsupported);
        failure.Message.ShouldContain("The peer speaks version 1 of the protocol, this node version 3 to 5");

        var told = Should.Throw<HandshakeException>(() => talk.Acceptor.ReadProof(talk.Initiator.Refuse(failure.Reason)));
        told.Cause.ShouldBe(RefusalCause.RefusedByPeer);
        told.Failure.ShouldBe(FailureReason.VersionUnsupported);
        told.Message.ShouldContain("version 3 to 5 of the protocol, this node version 1");
    }

    [Fact]
    public void A_message_is_read_as_soon_as_its_header_says_how_much_follows()
    {
        byte[] challenge = _b.Accept(_a.Leaf).Challenge();
        HandshakeMessage.BytesAfter(challenge.AsSpan(..3)).ShouldBe(challenge.Length - 3);
        HandshakeMessage.BytesAfter([0x82, 0x10, 0x00]).ShouldBe(4096 + 32);
    }

    [Fact]
    public void Keys_are_wiped_when_the_machines_are_done()
    {
        var keys = new HandshakeKeys(_a.Keyring[0], 1);
        keys.Dispose();
        keys[HandshakeRole.Initiator].ToArray().ShouldAllBe(b => b == 0);
        keys[HandshakeRole.Acceptor].ToArray().ShouldAllBe(b => b == 0);
    }
}
