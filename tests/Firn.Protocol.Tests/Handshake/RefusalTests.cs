using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>Each way of not getting in: its own cause here, and no more than needed on the wire.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly TestNode _a = new("a@alpha");
    private readonly TestNode _b = new("b@beta");

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void Another_cookie_is_refused_and_both_ends_say_so()
    {
        using var other = new TestNode("b@beta", keys: [TestNode.Key(9), TestNode.Key(8)]);
        using var talk = new Conversation(_a, other).Run();
        var (at, failure) = talk.Failed.ShouldNotBeNull();

        at.ShouldBe(1);
        failure.Cause.ShouldBe(RefusalCause.WrongProof);
        failure.Message.ShouldContain("cookies differ");
        var told = Should.Throw<HandshakeException>(() => talk.Initiator.ReadVerdict(talk.Acceptor.Refuse(failure.Reason)));
        told.Failure.ShouldBe(FailureReason.AuthenticationFailed);
        told.IsProved.ShouldBeFalse();
        told.Message.ShouldContain("cookies differ");
    }

    [Fact]
    public void An_acceptor_without_the_cookie_is_refused_by_the_initiator()
    {
        using var initiator = _a.Dial(_b.Leaf);
        using var liar = new Forger(_a, _b, HandshakeRole.Acceptor, TestNode.Key(9));
        byte[] challenge = _b.Accept(_a.Leaf).Challenge();
        liar.Absorb(challenge);
        liar.Absorb(initiator.ReadChallenge(challenge));
        byte[] verdict = liar.Write(HandshakeMessageType.Verdict, new Verdict { Name = "b@beta", Incarnation = 1 }.ToByteArray());

        var failure = Should.Throw<HandshakeException>(() => initiator.ReadVerdict(verdict));
        failure.Cause.ShouldBe(RefusalCause.WrongProof);
        failure.Message.ShouldContain("does not prove itself");
    }

    [Fact]
    public void A_message_without_its_MAC_is_refused_wherever_one_is_due()
    {
        for (int index = 1; index < Conversation.Messages; index++)
        {
            int target = index;
            using var talk = new Conversation(_a, _b).Run((i, bytes) =>
            {
                if (i != target)
                    return bytes;
                var message = HandshakeMessage.Read(bytes);
                return HandshakeMessage.Build(message.Type, message.Body, withMac: false);
            });
            talk.Failed.ShouldNotBeNull(Conversation.Names[index]).Failure.Reason.ShouldBe(RefusalReason.AuthenticationFailed);
        }
    }

    [Fact]
    public void Another_cluster_with_a_strong_cookie_is_told_apart_after_the_proof()
    {
        using var other = new TestNode("b@beta", cluster: "other");
        using var talk = new Conversation(_a, other).Run();
        var failure = talk.Failed.ShouldNotBeNull().Failure;

        failure.Cause.ShouldBe(RefusalCause.ClusterDiffers);
        failure.Message.ShouldContain("a@alpha belongs to cluster \"default\", this node to \"other\"");
        var told = Should.Throw<HandshakeException>(() => talk.Initiator.ReadVerdict(talk.Acceptor.Refuse(failure.Reason)));
        told.Failure.ShouldBe(FailureReason.ClusterDiffers);
        told.IsProved.ShouldBeTrue("the peer knows the cookie, so its refusal means something");
    }

    [Fact]
    public void Another_cluster_with_a_passphrase_fails_the_proof()
    {
        using var cookie = Cookie.Parse("open sesame");
        using var one = new TestNode("a@a", "one", keys: [cookie.ToKey("one")]);
        using var two = new TestNode("b@b", "two", keys: [cookie.ToKey("two")]);
        using var talk = new Conversation(one, two).Run();
        var failure = talk.Failed.ShouldNotBeNull().Failure;

        failure.Cause.ShouldBe(RefusalCause.WrongProof);
        failure.Reason.ShouldBe(RefusalReason.AuthenticationFailed);
        failure.Message.ShouldContain("cookies or clusters differ");
        Should.Throw<HandshakeException>(() => talk.Initiator.ReadVerdict(talk.Acceptor.Refuse(failure.Reason)))
            .Message.ShouldContain("cookies or clusters differ");
    }

    [Fact]
    public void Dialling_oneself_is_found_before_anything_is_proved()
    {
        using var initiator = _a.Dial(_a.NewLeaf());
        using var acceptor = _a.Accept(_a.Leaf);
        var failure = Should.Throw<HandshakeException>(() => initiator.ReadChallenge(acceptor.Challenge()));
        failure.Cause.ShouldBe(RefusalCause.OwnIdentity);
        failure.Failure.ShouldBe(FailureReason.Self);

        Should.Throw<HandshakeException>(() => acceptor.ReadProof(initiator.Refuse(failure.Reason))).Failure.ShouldBe(FailureReason.Self);
    }

    [Fact]
    public void An_acceptor_refuses_its_own_identity_too()
    {
        using var acceptor = _a.Accept(_a.Leaf);
        using var careless = new Forger(_a, _a, HandshakeRole.Initiator);
        careless.Absorb(acceptor.Challenge());
        byte[] proof = careless.Write(HandshakeMessageType.Proof, Forger.ProofOf(_a));
        Should.Throw<HandshakeException>(() => acceptor.ReadProof(proof)).Cause.ShouldBe(RefusalCause.OwnIdentity);
    }

    [Fact]
    public void Nothing_is_proved_to_another_DID_than_the_expected_one()
    {
        using var talk = new Conversation(_a, _b, expectedDid: _a.Context.Did).Run();
        var (at, failure) = talk.Failed.ShouldNotBeNull();
        at.ShouldBe(0, "before the Proof");
        failure.Cause.ShouldBe(RefusalCause.WrongPeer);
        failure.Message.ShouldContain(_b.Context.Did.ToString());
    }

    [Fact]
    public void Dialling_b_where_a_lives_is_refused_by_both_ends()
    {
        using var talk = new Conversation(_a, _b, "c").Run();
        var failure = talk.Failed.ShouldNotBeNull().Failure;
        failure.Cause.ShouldBe(RefusalCause.WrongPeer);
        failure.Message.ShouldBe("a@alpha expected c here, but this is b@beta.");

        // An acceptor that does not look is found out by the initiator.
        using var initiator = _a.Dial(_b.Leaf, expectedName: "c");
        using var careless = new Forger(_a, _b, HandshakeRole.Acceptor);
        byte[] challenge = _b.Accept(_a.Leaf).Challenge();
        careless.Absorb(challenge);
        careless.Absorb(initiator.ReadChallenge(challenge));
        byte[] verdict = careless.Write(HandshakeMessageType.Verdict, new Verdict { Name = "b@beta", Incarnation = 1 }.ToByteArray());
        Should.Throw<HandshakeException>(() => initiator.ReadVerdict(verdict))
            .Message.ShouldBe("c was expected at this address, but b@beta lives there.");
    }

    [Fact]
    public void A_peer_that_expects_another_DID_here_is_refused()
    {
        var failure = RefusedProof(proof => proof.ExpectedDid = ByteString.CopyFrom(_a.Context.Did.Point));
        failure.Cause.ShouldBe(RefusalCause.WrongPeer);
    }

    [Theory]
    [InlineData((int)Admission.Unspecified)]
    [InlineData((int)Admission.Trust)]
    [InlineData(17)]
    public void Another_admission_than_by_cookie_is_told_so_with_or_without_a_MAC(int mode)
    {
        var offered = (Admission)mode;
        RefusedProof(proof => proof.Admission = offered, out byte[] refusal).ShouldSatisfyAllConditions(
            failure => failure.Cause.ShouldBe(RefusalCause.AdmissionDiffers),
            failure => failure.Reason.ShouldBe(RefusalReason.AdmissionDiffers));
        Convert.ToHexString(refusal).ShouldBe("060004080D2001", "with the mode of the acceptor, and without a MAC");

        using var acceptor = _b.Accept(_a.Leaf);
        acceptor.Challenge();
        byte[] proof = HandshakeMessage.Build(
            HandshakeMessageType.Proof, Forger.ProofOf(_a, change: proof => proof.Admission = offered), withMac: false);
        Should.Throw<HandshakeException>(() => acceptor.ReadProof(proof)).Cause.ShouldBe(RefusalCause.AdmissionDiffers);
    }

    [Fact]
    public void All_failures_of_authentication_look_alike_on_the_wire()
    {
        var refusals = new List<string>();
        var own = ByteString.CopyFrom(TestNode.NonceOf(0xB2));
        RefusedProof(proof => proof.Nonce = own, out byte[] reflected);
        refusals.Add(Convert.ToHexString(reflected));

        using var wary = new TestNode("b@beta").Admit(AdmissionMode.Both);
        using var untrusted = new Conversation(_a, wary).Run();
        refusals.Add(Convert.ToHexString(untrusted.Acceptor.Refuse(untrusted.Failed!.Value.Failure.Reason)));

        using var other = new TestNode("b@beta", keys: [TestNode.Key(9)]);
        using var talk = new Conversation(_a, other).Run();
        refusals.Add(Convert.ToHexString(talk.Acceptor.Refuse(talk.Failed!.Value.Failure.Reason)));
        refusals.Distinct().ShouldHaveSingleItem().ShouldBe("0600020801");
    }

    [Theory]
    [InlineData("name")]
    [InlineData("incarnation")]
    [InlineData("cluster")]
    [InlineData("long cluster")]
    [InlineData("expected name")]
    [InlineData("expected DID")]
    [InlineData("nonce")]
    public void A_field_outside_its_limits_is_refused_even_from_a_member(string field)
    {
        var failure = RefusedProof(proof => _ = field switch
        {
            "name" => proof.Name = "a b@alpha",
            "cluster" => proof.Cluster = "two words",
            "long cluster" => proof.Cluster = new string('c', 65),
            "expected name" => proof.ExpectedName = "b@\u001b[31m",
            "incarnation" => (proof.Incarnation = 0).ToString(System.Globalization.CultureInfo.InvariantCulture),
            "expected DID" => (proof.ExpectedDid = ByteString.CopyFrom(new byte[33])).ToBase64(),
            _ => (proof.Nonce = ByteString.CopyFrom(new byte[31])).ToBase64(),
        });
        failure.Cause.ShouldBe(RefusalCause.Malformed);
        failure.Reason.ShouldBe(RefusalReason.ProtocolError);
        failure.Message.ShouldNotContain("\u001b");
    }

    [Fact]
    public void A_refusal_of_the_node_bears_a_MAC_when_the_peer_waits_for_it_and_only_then()
    {
        // After a verified Proof.
        using (var talk = new Conversation(_a, _b).Run(count: 2))
            Told(() => talk.Initiator.ReadVerdict(talk.Acceptor.Refuse(RefusalReason.NameTaken)), FailureReason.NameTaken, isProved: true);

        // Instead of a Commit.
        using (var talk = new Conversation(_a, _b).Run(count: 3))
            Told(() => talk.Acceptor.ReadCommit(talk.Initiator.Refuse(RefusalReason.Duplicate)), FailureReason.ConnectionLost, isProved: true);

        // Instead of the last Describe.
        using (var talk = new Conversation(_a, _b).Run(count: 5))
            Told(() => talk.Initiator.ReadDescribe(talk.Acceptor.Refuse(RefusalReason.Stale)), FailureReason.Stale, isProved: true);

        // While the initiator's flight may be under way its transcript is ahead: a MAC could not be verified.
        using (var talk = new Conversation(_a, _b).Run(count: 3))
        {
            byte[] refusal = talk.Acceptor.Refuse(RefusalReason.ShuttingDown);
            talk.Initiator.Commit(null, 1, _a.Description, out _);
            Told(() => talk.Initiator.ReadDescribe(refusal), FailureReason.ShuttingDown, isProved: false);
        }

        using (var talk = new Conversation(_a, _b).Run(count: 4))
            Told(() => talk.Initiator.ReadDescribe(talk.Acceptor.Refuse(RefusalReason.Busy)), FailureReason.Busy, isProved: false);

        // Before anything is proved.
        using (var talk = new Conversation(_a, _b))
            Told(() => talk.Initiator.ReadChallenge(talk.Acceptor.Refuse(RefusalReason.Busy)), FailureReason.Busy, isProved: false);
    }

    [Fact]
    public void A_refusal_with_a_wrong_MAC_means_nothing()
    {
        using var talk = new Conversation(_a, _b).Run(count: 2);
        byte[] refusal = talk.Acceptor.Refuse(RefusalReason.NameTaken);
        refusal[4] = (byte)RefusalReason.Stale;
        var failure = Should.Throw<HandshakeException>(() => talk.Initiator.ReadVerdict(refusal));
        failure.Cause.ShouldBe(RefusalCause.Altered);
        failure.IsProved.ShouldBeFalse();
    }

    [Fact]
    public void Who_was_refused_or_has_said_all_has_no_last_words()
    {
        using var refused = new Conversation(_a, _b).Run(count: 2);
        byte[] refusal = refused.Acceptor.Refuse(RefusalReason.NameTaken);
        refused.Acceptor.Refuse(RefusalReason.NameTaken).ShouldBeEmpty();
        Should.Throw<HandshakeException>(() => refused.Initiator.ReadVerdict(refusal));
        refused.Initiator.Refuse(RefusalReason.ProtocolError).ShouldBeEmpty();

        using var done = new Conversation(_a, _b).Run();
        done.Acceptor.Refuse(RefusalReason.Busy).ShouldBeEmpty();
        done.Initiator.Refuse(RefusalReason.Busy).ShouldBeEmpty();

        using var committed = new Conversation(_a, _b).Run(count: 4);
        committed.Initiator.Refuse(RefusalReason.Busy).ShouldBeEmpty("the acceptor's session is up, or nearly");
    }

    private HandshakeException RefusedProof(Action<Proof> change) => RefusedProof(change, out _);

    private HandshakeException RefusedProof(Action<Proof> change, out byte[] refusal)
    {
        using var acceptor = _b.Accept(_a.Leaf);
        using var member = new Forger(_a, _b, HandshakeRole.Initiator);
        member.Absorb(acceptor.Challenge());
        byte[] proof = member.Write(HandshakeMessageType.Proof, Forger.ProofOf(_a, change: change));
        var failure = Should.Throw<HandshakeException>(() => acceptor.ReadProof(proof));
        refusal = acceptor.Refuse(failure.Reason);
        return failure;
    }

    private static void Told(Action read, FailureReason reason, bool isProved)
    {
        var failure = Should.Throw<HandshakeException>(read);
        failure.Cause.ShouldBe(RefusalCause.RefusedByPeer, failure.Message);
        failure.Failure.ShouldBe(reason);
        failure.IsProved.ShouldBe(isProved);
    }
}
