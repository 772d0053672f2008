using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>Where a trusted key is all that is asked for, or asked for as well: nobody talks a node out of it, or into a key that is none.</summary>
public sealed class TrustAttackTests : IDisposable
{
    private readonly TestNode _a = new("a@alpha");
    private readonly TestNode _b = new("b@beta");
    private readonly TestNode _mallory = new("m@evil");

    public TrustAttackTests()
    {
        _a.Admit(AdmissionMode.Trust, _b.Did);
        _b.Admit(AdmissionMode.Trust, _a.Did);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _mallory.Dispose();
    }

    [Fact]
    public void An_unknown_key_is_refused_whatever_it_claims_and_learns_no_more_than_that()
    {
        _mallory.Admit(AdmissionMode.Trust, _b.Did);
        using var talk = new Conversation(_mallory, _b).Run();
        var failure = talk.Failed.ShouldNotBeNull().Failure;

        (failure.Cause, failure.Failure).ShouldBe((RefusalCause.NotTrusted, FailureReason.NotTrusted));
        failure.Message.ShouldContain(_mallory.Did.ToString());
        Convert.ToHexString(talk.Acceptor.Refuse(failure.Reason)).ShouldBe("0600020801", "as every failure of authentication");
    }

    [Fact]
    public void A_relay_that_terminates_TLS_is_another_key_to_both_ends()
    {
        using var initiator = _a.Dial(_mallory.Leaf);
        using var acceptor = _b.Accept(_mallory.Leaf);
        byte[] challenge = acceptor.Challenge();
        Fails(() => initiator.ReadChallenge(challenge), RefusalCause.NotTrusted);

        // A Proof of the trusted node on another connection is that of whoever sends it here.
        using var honest = new Conversation(_a, _b).Run();
        honest.Failed.ShouldBeNull();
        Fails(() => acceptor.ReadProof(honest.Sent[1]), RefusalCause.NotTrusted);
    }

    [Fact]
    public void The_MAC_cannot_be_stripped_by_asking_for_trust()
    {
        foreach (var mode in (AdmissionMode[])[AdmissionMode.Cookie, AdmissionMode.Both])
        {
            _b.Admit(mode, _a.Did);
            Plain(proof => proof.Admission = Admission.Trust).Cause.ShouldBe(RefusalCause.AdmissionDiffers);
            Plain(proof => proof.Admission = Admission.Cookie).Cause.ShouldBe(RefusalCause.WrongProof);
            Plain(proof => proof.Admission = Admission.Both).Cause.ShouldBe(RefusalCause.WrongProof);
            Plain(proof => proof.Admission = Admission.Unspecified).Cause.ShouldBe(RefusalCause.AdmissionDiffers);
            Proved(1, proof => proof.Admission = Admission.Trust).Cause.ShouldBe(RefusalCause.AdmissionDiffers);
        }
    }

    [Fact]
    public void No_key_of_zeros_or_any_other_stands_in_where_there_is_none()
    {
        foreach (byte key in (byte[])[0, 1, 0xff])
        {
            Proved(key, proof => proof.Admission = Admission.Trust).Cause.ShouldBe(RefusalCause.Malformed);
            Proved(key, proof => proof.Admission = Admission.Cookie).Cause.ShouldBe(RefusalCause.AdmissionDiffers);
            Proved(key, proof => proof.Admission = Admission.Both).Cause.ShouldBe(RefusalCause.AdmissionDiffers);
        }

        // Nor of the acceptor.
        using var initiator = _a.Dial(_b.Leaf);
        using var liar = new Forger(_a, _b, HandshakeRole.Acceptor, TestNode.Key(0));
        byte[] challenge = _b.Accept(_a.Leaf).Challenge();
        liar.Absorb(challenge);
        liar.Absorb(initiator.ReadChallenge(challenge));
        byte[] verdict = liar.Write(HandshakeMessageType.Verdict, new Verdict { Name = "b@beta", Incarnation = 1 }.ToByteArray());
        Fails(() => initiator.ReadVerdict(verdict), RefusalCause.Malformed);
    }

    [Fact]
    public void Where_both_are_asked_for_neither_will_do_alone()
    {
        _b.Admit(AdmissionMode.Both, _a.Did);
        Proved(9, proof => proof.Admission = Admission.Both).Cause.ShouldBe(RefusalCause.WrongProof, "trusted, but without the cookie");
        Proved(0, proof => proof.Admission = Admission.Both).Cause.ShouldBe(RefusalCause.WrongProof);

        _b.Admit(AdmissionMode.Both, _mallory.Did);
        Proved(1, proof => proof.Admission = Admission.Both).Cause.ShouldBe(RefusalCause.NotTrusted, "it has the cookie, but is not trusted");
        Proved(1, proof => proof.Admission = Admission.Cookie).Cause.ShouldBe(RefusalCause.NotTrusted);
    }

    [Fact]
    public void What_an_end_says_of_its_mode_cannot_be_changed_on_the_way()
    {
        _a.Admit(AdmissionMode.Both, _b.Did);
        _b.Admit(AdmissionMode.Cookie);
        using var talk = new Conversation(_a, _b).Run((index, bytes) =>
        {
            if (index != 1)
                return bytes;
            var read = HandshakeMessage.Read(bytes);
            var proof = Proof.Parser.ParseFrom(read.Body);
            proof.Admission = Admission.Cookie;
            byte[] changed = HandshakeMessage.Build(read.Type, proof.ToByteArray(), withMac: true);
            read.Mac.CopyTo(changed.AsSpan(^HandshakeMessage.MacLength..));
            return changed;
        });
        talk.Failed.ShouldNotBeNull().Failure.Cause.ShouldBe(RefusalCause.WrongProof);
    }

    [Fact]
    public void The_cookie_is_not_proved_to_a_node_that_is_not_trusted()
    {
        _a.Admit(AdmissionMode.Both);
        using var initiator = _a.Dial(_b.Leaf);
        byte[] challenge = _b.Accept(_a.Leaf).Challenge();
        Fails(() => initiator.ReadChallenge(challenge), RefusalCause.NotTrusted);
        Convert.ToHexString(initiator.Refuse(RefusalReason.AuthenticationFailed)).ShouldBe("0600020801");
    }

    [Fact]
    public void A_refusal_of_a_trusted_node_means_something_once_it_has_answered_and_one_of_a_stranger_does_not()
    {
        using (var talk = new Conversation(_a, _b).Run(count: 2))
            Told(() => talk.Initiator.ReadVerdict(talk.Acceptor.Refuse(RefusalReason.Stale)), FailureReason.Stale, isProved: true);
        using (var talk = new Conversation(_a, _b).Run(count: 3))
            Told(() => talk.Acceptor.ReadCommit(talk.Initiator.Refuse(RefusalReason.Duplicate)), FailureReason.ConnectionLost, isProved: true);
        using (var talk = new Conversation(_a, _b).Run(count: 5))
            Told(() => talk.Initiator.ReadDescribe(talk.Acceptor.Refuse(RefusalReason.Simultaneous)), FailureReason.ConnectionLost, isProved: true);

        // Before anything was said of trust.
        using (var talk = new Conversation(_a, _b))
            Told(() => talk.Initiator.ReadChallenge(talk.Acceptor.Refuse(RefusalReason.Busy)), FailureReason.Busy, isProved: false);
        using (var talk = new Conversation(_a, _b))
        {
            talk.Acceptor.Challenge();
            Told(() => talk.Acceptor.ReadProof(talk.Initiator.Refuse(RefusalReason.Stale)), FailureReason.Stale, isProved: false);
        }
    }

    [Fact]
    public void A_refusal_with_a_MAC_is_no_refusal_where_there_is_no_key()
    {
        using var initiator = _a.Dial(_b.Leaf);
        using var liar = new Forger(_a, _b, HandshakeRole.Acceptor, TestNode.Key(0));
        byte[] challenge = _b.Accept(_a.Leaf).Challenge();
        liar.Absorb(challenge);
        liar.Absorb(initiator.ReadChallenge(challenge));
        byte[] refusal = liar.Write(HandshakeMessageType.Refusal, new Refusal { Reason = RefusalReason.Stale }.ToByteArray());
        Fails(() => initiator.ReadVerdict(refusal), RefusalCause.Altered);
    }

    [Fact]
    public void A_refused_certificate_is_no_reason_to_prove_another_cookie()
    {
        using var a = new TestNode("a@alpha");
        using var initiator = a.Dial(_b.Leaf);
        Told(() => initiator.ReadChallenge(HandshakeMachine.RefuseLeaf()), FailureReason.AuthenticationFailed, isProved: false);
    }

    [Fact]
    public void What_was_withdrawn_after_the_proof_looks_like_every_failure_of_authentication()
    {
        using var a = new TestNode("a@alpha");
        using var b = new TestNode("b@beta");
        using var talk = new Conversation(a, b).Run(count: 2);
        Convert.ToHexString(talk.Acceptor.Refuse(RefusalReason.AuthenticationFailed)).ShouldBe("0600020801");
    }

    [Fact]
    public void Each_cookie_of_a_keyring_can_be_tried_by_itself()
    {
        using var newer = new TestNode("new@n", keys: [TestNode.Key(2), TestNode.Key(1)]);
        using var older = new TestNode("old@o", keys: [TestNode.Key(1)]);
        using var initiator = new HandshakeInitiator(
            newer.Context, newer.Leaf.Der, older.Leaf, TestNode.NonceOf(0xA1), cookie: newer.Keyring[1]);
        using var talk = new Conversation(initiator, older.Accept(newer.Leaf), newer, older).Run();
        talk.Failed.ShouldBeNull();
        initiator.Cookie.ShouldBe(newer.Keyring[1]);
    }

    /// <summary>What becomes of a Proof without a MAC.</summary>
    private HandshakeException Plain(Action<Proof> change)
    {
        using var acceptor = _b.Accept(_a.Leaf);
        acceptor.Challenge();
        byte[] proof = HandshakeMessage.Build(HandshakeMessageType.Proof, Forger.ProofOf(_a, change: change), withMac: false);
        return Should.Throw<HandshakeException>(() => acceptor.ReadProof(proof));
    }

    /// <summary>What becomes of a Proof with a MAC under this key.</summary>
    private HandshakeException Proved(byte key, Action<Proof> change)
    {
        using var acceptor = _b.Accept(_a.Leaf);
        using var forger = new Forger(_a, _b, HandshakeRole.Initiator, TestNode.Key(key));
        forger.Absorb(acceptor.Challenge());
        byte[] proof = forger.Write(HandshakeMessageType.Proof, Forger.ProofOf(_a, change: change));
        return Should.Throw<HandshakeException>(() => acceptor.ReadProof(proof));
    }

    private static void Fails(Action action, RefusalCause cause) =>
        Should.Throw<HandshakeException>(action).ShouldSatisfyAllConditions(failure => failure.Cause.ShouldBe(cause, failure.Message));

    private static void Told(Action read, FailureReason reason, bool isProved)
    {
        var failure = Should.Throw<HandshakeException>(read);
        (failure.Cause, failure.Failure, failure.IsProved).ShouldBe((RefusalCause.RefusedByPeer, reason, isProved), failure.Message);
    }
}
