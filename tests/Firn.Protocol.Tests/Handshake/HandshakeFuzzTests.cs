using System.Net;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>Random and damaged messages: a typed refusal, or the honest bytes after all; no other exception.</summary>
public sealed class HandshakeFuzzTests : IDisposable
{
    private readonly TestNode _a = new("a@alpha");
    private readonly TestNode _b = new("b@beta");

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void A_strangers_bytes_never_get_past_the_Proof()
    {
        using var honest = new Conversation(_a, _b).Run();
        Fuzz.Run(mutator =>
        {
            byte[] bytes = Input(mutator, mutator.Pick(honest.Sent));
            using var talk = new Conversation(_a, _b);
            talk.Acceptor.Challenge();
            if (!bytes.AsSpan().SequenceEqual(honest.Sent[1]))
                Should.Throw<HandshakeException>(() => talk.Acceptor.ReadProof(bytes));
            Survives(() => talk.Initiator.ReadChallenge(bytes));
        });
    }

    [Fact]
    public void Bytes_in_place_of_any_message_are_refused()
    {
        using var honest = new Conversation(_a, _b).Run();
        Fuzz.Run(Fuzz.CostlyCases, mutator =>
        {
            int target = mutator.Next(Conversation.Messages);
            byte[] wrong = Input(mutator, mutator.Pick(honest.Sent));
            using var talk = new Conversation(_a, _b).Run((index, bytes) => index == target ? wrong : bytes);
            if (talk.Failed is null)
                wrong.ShouldBe(talk.Sent[target]);   // the changes undid each other
        });
    }

    [Fact]
    public void A_rogue_members_bodies_under_good_MACs_are_read_or_refused()
    {
        var expected = Google.Protobuf.ByteString.CopyFrom(_b.Context.Did.Point);
        byte[] proof = Forger.ProofOf(_a, change: p => (p.ExpectedName, p.ExpectedDid) = ("b", expected));
        byte[] commit = [0x0a, 0x10, .. new byte[16], 0x10, 0x01];
        byte[] describe = PeerDescriptionCodec.Encode(_a.Description);
        Fuzz.Run(Fuzz.CostlyCases, mutator =>
        {
            using var acceptor = _b.Accept(_a.Leaf);
            using var rogue = new Forger(_a, _b, HandshakeRole.Initiator);
            rogue.Absorb(acceptor.Challenge());
            byte[] first = rogue.Write(HandshakeMessageType.Proof, mutator.Chance(3) ? mutator.Mutate(proof) : proof);
            if (!Survives(() => acceptor.ReadProof(first)))
                return;
            rogue.Absorb(acceptor.Verdict(null));
            byte[] second = rogue.Write(HandshakeMessageType.Commit, mutator.Chance(2) ? mutator.Mutate(commit) : commit);
            if (!Survives(() => acceptor.ReadCommit(second)))
                return;
            byte[] third = rogue.Write(HandshakeMessageType.Describe, mutator.Mutate(describe));
            Survives(() => acceptor.ReadDescribe(third));
        });
    }

    [Fact]
    public void Without_MACs_a_trusted_nodes_bytes_are_read_or_refused_and_a_strangers_never_get_in()
    {
        using var stranger = new TestNode("s@strange");
        _a.Admit(AdmissionMode.Trust, _b.Did);
        _b.Admit(AdmissionMode.Trust, _a.Did);
        using var honest = new Conversation(_a, _b).Run();
        Fuzz.Run(Fuzz.CostlyCases, mutator =>
        {
            int target = mutator.Next(Conversation.Messages);
            byte[] wrong = Input(mutator, mutator.Pick(honest.Sent));
            using var talk = new Conversation(_a, _b).Run((index, bytes) => index == target ? wrong : bytes);
            using var acceptor = _b.Accept(stranger.Leaf);
            acceptor.Challenge();
            Should.Throw<HandshakeException>(() => acceptor.ReadProof(wrong));
        });
    }

    [Fact]
    public void Any_header_says_how_much_follows_or_is_refused()
    {
        for (int header = 0; header < 1 << 24; header += LongRun.IsOn ? 13 : 97)
        {
            byte[] bytes = [(byte)(header >> 16), (byte)(header >> 8), (byte)header];
            Survives(() => HandshakeMessage.BytesAfter(bytes).ShouldBeInRange(0, 4096 + 32));
        }
    }

    [Fact]
    public void A_description_that_is_read_can_be_said_again()
    {
        byte[] honest = PeerDescriptionCodec.Encode(new PeerDescription
        {
            SoftwareVersion = "0.1",
            Capabilities = ["entry", "exit"],
            RoleHint = RoleHint.Prefer(NodeRole.Entry),
            Routes = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")],
            Addresses = [NodeAddress.Parse("[fd00::1]:1"), NodeAddress.Parse("host:2")],
        });
        Fuzz.Run(mutator =>
        {
            if (!PeerDescriptionCodec.TryDecode(Input(mutator, honest), out var description, out _))
                return;
            PeerDescriptionCodec.TryDecode(PeerDescriptionCodec.Encode(description), out var again, out var problem).ShouldBeTrue(problem);
            again.ShouldBe(description);
        });
    }

    private static byte[] Input(Mutator mutator, byte[] honest) => mutator.Chance(8) ? mutator.Bytes(300) : mutator.Mutate(honest);

    /// <summary>Whether it succeeded; false if it was refused, and any other exception passes through.</summary>
    private static bool Survives(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (HandshakeException)
        {
            return false;
        }
    }
}
