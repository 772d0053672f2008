using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>Somebody between two honest nodes, with a good leaf of its own but without the cookie.</summary>
public sealed class AttackTests : IDisposable
{
    private readonly TestNode _a = new("a@alpha");
    private readonly TestNode _b = new("b@beta");
    private readonly TestNode _mallory = new("m@evil", keys: [TestNode.Key(66)]);

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _mallory.Dispose();
    }

    [Fact]
    public void A_relay_that_terminates_TLS_is_refused_by_both_ends()
    {
        using var initiator = _a.Dial(_mallory.Leaf);
        using var acceptor = _b.Accept(_mallory.Leaf);

        byte[] proof = initiator.ReadChallenge(acceptor.Challenge());
        Fails(() => acceptor.ReadProof(proof), RefusalCause.WrongProof, RefusalReason.AuthenticationFailed);

        // Whatever the relay has for the initiator, even a Verdict of the true acceptor on another connection, is no better.
        using var honest = new Conversation(_a, _b).Run();
        Fails(() => initiator.ReadVerdict(honest.Sent[2]), RefusalCause.WrongProof, RefusalReason.AuthenticationFailed);
    }

    [Fact]
    public void A_relay_at_either_end_alone_is_refused_as_well()
    {
        foreach (var (seenByInitiator, seenByAcceptor) in new[] { (_mallory.Leaf, _a.Leaf), (_b.Leaf, _mallory.Leaf) })
        {
            using var talk = new Conversation(_a.Dial(seenByInitiator), _b.Accept(seenByAcceptor), _a, _b).Run();
            talk.Failed.ShouldNotBeNull().Failure.Cause.ShouldBe(RefusalCause.WrongProof);
        }
    }

    [Fact]
    public void A_new_leaf_of_the_same_node_makes_another_binding()
    {
        using var talk = new Conversation(_a.Dial(_b.NewLeaf()), _b.Accept(_a.Leaf), _a, _b).Run();
        talk.Failed.ShouldNotBeNull().Failure.Cause.ShouldBe(RefusalCause.WrongProof);
    }

    [Fact]
    public void A_node_does_not_take_its_own_words_for_a_peers()
    {
        // The initiator's Proof comes back with the type of a Verdict: another role, another key.
        using var initiator = _a.Dial(_b.Leaf);
        using var acceptor = _b.Accept(_a.Leaf);
        byte[] proof = initiator.ReadChallenge(acceptor.Challenge());
        proof[0] = 0x80 | (byte)HandshakeMessageType.Verdict;
        Fails(() => initiator.ReadVerdict(proof), RefusalCause.WrongProof, RefusalReason.AuthenticationFailed);
    }

    [Fact]
    public void The_two_roles_have_different_keys()
    {
        using var keys = new HandshakeKeys(_a.Keyring[0], 1);
        keys[HandshakeRole.Initiator].SequenceEqual(keys[HandshakeRole.Acceptor]).ShouldBeFalse();
        using var later = new HandshakeKeys(_a.Keyring[0], 2);
        keys[HandshakeRole.Initiator].SequenceEqual(later[HandshakeRole.Initiator]).ShouldBeFalse("a version has keys of its own");
    }

    [Fact]
    public void A_nonce_that_comes_back_is_a_reflection()
    {
        using var acceptor = _b.Accept(_a.Leaf, nonce: 5);
        using var initiator = _a.Dial(_b.Leaf, nonce: 5);
        byte[] challenge = acceptor.Challenge();
        Fails(() => initiator.ReadChallenge(challenge), RefusalCause.Reflected, RefusalReason.AuthenticationFailed);

        using var forged = new Forger(_a, _b, HandshakeRole.Initiator);
        forged.Absorb(challenge);
        byte[] proof = forged.Write(HandshakeMessageType.Proof, Forger.ProofOf(_a, nonce: 5));
        Fails(() => acceptor.ReadProof(proof), RefusalCause.Reflected, RefusalReason.AuthenticationFailed);
    }

    [Fact]
    public void A_recorded_handshake_cannot_be_replayed_to_either_end()
    {
        using var recorded = new Conversation(_a, _b).Run();
        recorded.Failed.ShouldBeNull();

        using var acceptor = _b.Accept(_a.Leaf, nonce: 0x77);
        acceptor.Challenge();
        Fails(() => acceptor.ReadProof(recorded.Sent[1]), RefusalCause.WrongProof, RefusalReason.AuthenticationFailed);

        using var initiator = _a.Dial(_b.Leaf, nonce: 0x78);
        initiator.ReadChallenge(recorded.Sent[0]);
        Fails(() => initiator.ReadVerdict(recorded.Sent[2]), RefusalCause.WrongProof, RefusalReason.AuthenticationFailed);
    }

    [Fact]
    public void Every_flipped_bit_of_every_message_ends_the_handshake()
    {
        using var honest = new Conversation(_a, _b, "b").Run();
        for (int message = 0; message < Conversation.Messages; message++)
        {
            for (int bit = 0; bit < honest.Sent[message].Length * 8; bit++)
            {
                int target = message;
                using var talk = new Conversation(_a, _b, "b").Run((index, bytes) =>
                {
                    if (index == target)
                        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                    return bytes;
                });

                string where = $"bit {bit % 8} of byte {bit / 8} of the {Conversation.Names[message]}";
                var (failedAt, failure) = talk.Failed.ShouldNotBeNull(where);
                failedAt.ShouldBeLessThanOrEqualTo(Math.Max(1, message), where);   // a Challenge shows at the Proof at last
                failure.IsProved.ShouldBeFalse(where);
                if (message < 5)
                    talk.AtAcceptor.ShouldBeNull(where);
                talk.AtInitiator.ShouldBeNull(where);
            }
        }
    }

    [Fact]
    public void A_swapped_name_or_expectation_breaks_the_proof()
    {
        Action<Proof>[] swaps =
        [
            proof => proof.Name = "c@alpha", proof => proof.ExpectedName = "", proof => proof.ExpectedName = "b@beta",
            proof => proof.ExpectedDid = ByteString.Empty, proof => proof.Cluster = "other", proof => proof.Incarnation++,
            proof => proof.Admission = Admission.Both,
        ];
        foreach (var swap in swaps)
        {
            using var talk = new Conversation(_a, _b, "b", _b.Context.Did).Run(
                (index, bytes) => index == 1 ? Rewrite(bytes, Proof.Parser, swap) : bytes);
            talk.Failed.ShouldNotBeNull().Failure.Cause.ShouldBe(RefusalCause.WrongProof);
        }

        Action<Verdict>[] answers =
        [
            verdict => verdict.Name = "c@beta", verdict => verdict.Incarnation++,
            verdict => verdict.HeldSession = ByteString.CopyFrom(new byte[16]),
        ];
        foreach (var swap in answers)
        {
            using var talk = new Conversation(_a, _b).Run((index, bytes) => index == 2 ? Rewrite(bytes, Verdict.Parser, swap) : bytes);
            talk.Failed.ShouldNotBeNull().Failure.Cause.ShouldBe(RefusalCause.WrongProof);
        }
    }

    [Fact]
    public void Two_nodes_cannot_be_talked_down_to_an_older_version()
    {
        using var a = new TestNode("a@a", versions: new VersionRange(1, 2));
        using var b = new TestNode("b@b", versions: new VersionRange(1, 2));
        using var talk = new Conversation(a, b).Run(
            (index, bytes) => index == 0 ? Rewrite<Challenge>(bytes, Challenge.Parser, challenge => challenge.MaxVersion = 1) : bytes);

        Proof.Parser.ParseFrom(HandshakeMessage.Read(talk.Sent[1]).Body).Version.ShouldBe(1u, "the initiator was deceived");
        talk.Failed.ShouldNotBeNull().Failure.Cause.ShouldBe(RefusalCause.WrongProof, "the acceptor was not");
    }

    [Fact]
    public void A_MAC_under_a_key_of_zeros_opens_nothing()
    {
        using var acceptor = _b.Accept(_a.Leaf);
        using var zeros = new Forger(_a, _b, HandshakeRole.Initiator, TestNode.Key(0));
        zeros.Absorb(acceptor.Challenge());
        byte[] proof = zeros.Write(HandshakeMessageType.Proof, Forger.ProofOf(_a));
        Fails(() => acceptor.ReadProof(proof), RefusalCause.WrongProof, RefusalReason.AuthenticationFailed);
    }

    private static byte[] Rewrite<T>(byte[] message, MessageParser<T> parser, Action<T> change)
        where T : IMessage<T>
    {
        var read = HandshakeMessage.Read(message);
        var body = parser.ParseFrom(read.Body);
        change(body);
        byte[] rewritten = HandshakeMessage.Build(read.Type, body.ToByteArray(), read.HasMac);
        read.Mac.CopyTo(rewritten.AsSpan(rewritten.Length - read.Mac.Length));
        return rewritten;
    }

    private static void Fails(Action action, RefusalCause cause, RefusalReason reason)
    {
        var failure = Should.Throw<HandshakeException>(action);
        failure.Cause.ShouldBe(cause, failure.Message);
        failure.Reason.ShouldBe(reason);
    }
}
