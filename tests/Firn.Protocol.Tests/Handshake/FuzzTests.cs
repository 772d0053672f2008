using System.Security.Cryptography;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>Random and mutated bytes into every parser of this room: a typed refusal or success, no other exception.</summary>
public sealed class FuzzTests : IDisposable
{
    private const int Seed = 3476;
    private static readonly int Rounds = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1" ? 1_000_000 : 20_000;

    private readonly TestNode _a = new("a@alpha");
    private readonly TestNode _b = new("b@beta");
    private readonly Random _random = new(Seed);

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void A_strangers_bytes_never_get_past_the_Proof()
    {
        using var honest = new Conversation(_a, _b).Run();
        for (int i = 0; i < Rounds; i++)
        {
            byte[] bytes = Mutate(honest.Sent[_random.Next(2)]);
            if (bytes.AsSpan().SequenceEqual(honest.Sent[0]) || bytes.AsSpan().SequenceEqual(honest.Sent[1]))
                continue;
            using var talk = new Conversation(_a, _b);
            talk.Acceptor.Challenge();
            Should.Throw<HandshakeException>(() => talk.Acceptor.ReadProof(bytes), $"round {i} of seed {Seed}");
            Survives(i, () => talk.Initiator.ReadChallenge(bytes));
        }
    }

    [Fact]
    public void Bytes_in_place_of_any_later_message_are_refused()
    {
        using var honest = new Conversation(_a, _b).Run();
        for (int i = 0; i < Rounds / 4; i++)
        {
            int target = _random.Next(1, Conversation.Messages);
            byte[] wrong = Mutate(honest.Sent[_random.Next(Conversation.Messages)]);
            using var talk = new Conversation(_a, _b).Run((index, bytes) => index == target ? wrong : bytes);
            if (talk.Failed is null)
                wrong.ShouldBe(talk.Sent[target], $"round {i} of seed {Seed}");   // the mutation changed nothing
        }
    }

    [Fact]
    public void A_rogue_members_bodies_under_good_MACs_are_read_or_refused()
    {
        for (int i = 0; i < Rounds / 4; i++)
        {
            using var acceptor = _b.Accept(_a.Leaf);
            using var rogue = new Forger(_a, _b, HandshakeRole.Initiator);
            rogue.Absorb(acceptor.Challenge());
            byte[] proof = Forger.ProofOf(_a);
            bool isProofGood = _random.Next(4) != 0;
            if (!Survives(i, () => acceptor.ReadProof(rogue.Write(HandshakeMessageType.Proof, isProofGood ? proof : Mutate(proof)))))
                continue;
            rogue.Absorb(acceptor.Verdict(null));
            byte[] commit = [0x0a, 0x10, .. new byte[16], 0x10, 0x01];
            if (Survives(i, () => acceptor.ReadCommit(rogue.Write(HandshakeMessageType.Commit, _random.Next(2) == 0 ? commit : Mutate(commit)))))
                Survives(i, () => acceptor.ReadDescribe(rogue.Write(HandshakeMessageType.Describe, Mutate(PeerDescriptionCodec.Encode(_b.Description)))));
        }
    }

    [Fact]
    public void Any_header_says_how_much_follows_or_is_refused()
    {
        for (int header = 0; header < 1 << 24; header += 97)
        {
            byte[] bytes = [(byte)(header >> 16), (byte)(header >> 8), (byte)header];
            try
            {
                HandshakeMessage.BytesAfter(bytes).ShouldBeInRange(0, 4096 + 32);
            }
            catch (HandshakeException)
            {
            }
        }
    }

    [Fact]
    public void Any_description_is_read_or_refused()
    {
        var full = new PeerDescription
        {
            SoftwareVersion = "0.1",
            Capabilities = ["entry", "exit"],
            RoleHint = new RoleHint(RoleHintMode.Prefer, NodeRole.Entry),
            Routes = [System.Net.IPNetwork.Parse("10.0.0.0/8"), System.Net.IPNetwork.Parse("fd00::/8")],
            Addresses = [NodeAddress.Parse("[fd00::1]:1"), NodeAddress.Parse("host:2")],
        };
        byte[] honest = PeerDescriptionCodec.Encode(full);
        for (int i = 0; i < Rounds; i++)
        {
            if (PeerDescriptionCodec.TryDecode(Mutate(honest), out var description, out _))
                PeerDescriptionCodec.Encode(description).Length.ShouldBeLessThanOrEqualTo(PeerDescriptionCodec.MaxLength);
        }
    }

    [Fact]
    public void Any_certificate_is_refused_but_the_honest_one()
    {
        byte[] honest = _a.Leaf.Der.ToArray();
        for (int i = 0; i < Rounds; i++)
        {
            byte[] bytes = Mutate(honest);
            if (LeafVerifier.Verify(bytes, 0, TestNode.Now).Leaf is not null)
                bytes.ShouldBe(honest, $"round {i} of seed {Seed}");
        }
    }

    [Fact]
    public void Any_peer_record_is_refused_but_the_honest_one()
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] honest = PeerRecord.Sign(
            identity, NodeName.Parse("a@alpha"), 1, TestNode.Now.AddHours(1), [NodeAddress.Parse("10.0.0.1:1"), NodeAddress.Parse("[fd00::1]:1")]);
        var subject = LeafProfile.DidOf(identity);
        for (int i = 0; i < Rounds; i++)
        {
            if (PeerRecord.TryVerify(Mutate(honest), TestNode.Now, out var record, out _))
                (record.Did, record.Sequence).ShouldBe((subject, 1ul), $"round {i} of seed {Seed}");   // what was signed, whatever came around it
        }
    }

    private static bool Survives(int round, Action read)
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
        catch (Exception e)
        {
            throw new InvalidOperationException($"round {round} of seed {Seed}", e);
        }
    }

    /// <summary>Honest bytes with a few changed, cut, inserted or repeated; or noise.</summary>
    private byte[] Mutate(byte[] honest)
    {
        if (_random.Next(8) == 0)
        {
            var noise = new byte[_random.Next(300)];
            _random.NextBytes(noise);
            return noise;
        }

        List<byte> bytes = [.. honest];
        for (int changes = _random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = _random.Next(bytes.Count);
            int length = Math.Min(_random.Next(1, 20), bytes.Count - at);
            switch (_random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    bytes.Insert(at, (byte)_random.Next(256));
                    break;
            }
        }

        return [.. bytes];
    }
}
