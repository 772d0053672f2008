using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>Which message may come when, and what a later version may add to it.</summary>
public sealed class MessageOrderTests : IDisposable
{
    private readonly TestNode _a = new("a@alpha");
    private readonly TestNode _b = new("b@beta");

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void A_message_out_of_order_is_refused()
    {
        using var honest = new Conversation(_a, _b).Run();
        for (int due = 0; due < Conversation.Messages; due++)
        {
            for (int other = 0; other < Conversation.Messages; other++)
            {
                if (HandshakeMessage.Read(honest.Sent[due]).Type == HandshakeMessage.Read(honest.Sent[other]).Type)
                    continue;
                (int target, byte[] wrong) = (due, honest.Sent[other]);
                using var talk = new Conversation(_a, _b).Run((index, bytes) => index == target ? wrong : bytes);
                var (at, failure) = talk.Failed.ShouldNotBeNull();
                at.ShouldBe(due);
                failure.Cause.ShouldBe(RefusalCause.OutOfOrder);
            }
        }
    }

    [Fact]
    public void A_method_out_of_order_is_the_drivers_mistake_and_changes_nothing()
    {
        using var talk = new Conversation(_a, _b);
        Should.Throw<InvalidOperationException>(() => talk.Acceptor.ReadProof([1, 0, 0]));
        Should.Throw<InvalidOperationException>(() => talk.Acceptor.Verdict(null));
        Should.Throw<InvalidOperationException>(() => talk.Initiator.Commit(null, 1, _a.Description, out _));
        talk.Run().Failed.ShouldBeNull();
        Should.Throw<InvalidOperationException>(() => talk.Acceptor.Challenge());
    }

    [Fact]
    public void A_machine_that_failed_is_finished()
    {
        using var recorded = new Conversation(_a, _b).Run();
        using var talk = new Conversation(_a, _b).Run((index, bytes) => index == 1 ? [.. bytes[..^1], (byte)~bytes[^1]] : bytes);
        talk.Failed.ShouldNotBeNull();
        Should.Throw<InvalidOperationException>(() => talk.Acceptor.ReadProof(recorded.Sent[1]));
    }

    [Theory]
    [InlineData(0x01, 0x10, 0x01, true)]
    [InlineData(0x82, 0xFF, 0xFF, true)]
    [InlineData(0x00, 0x00, 0x01, false)]
    [InlineData(0x0A, 0x00, 0x01, false)]
    [InlineData(0x16, 0x03, 0x01, false)]   // a TLS record
    [InlineData(0x47, 0x45, 0x54, false)]   // GET
    public void A_header_is_refused_before_anything_after_it_is_read(byte type, byte high, byte low, bool isTooLarge) =>
        Should.Throw<HandshakeException>(() => HandshakeMessage.BytesAfter([type, high, low]))
            .Cause.ShouldBe(isTooLarge ? RefusalCause.TooLarge : RefusalCause.Malformed);

    [Fact]
    public void Fields_of_a_later_version_do_not_break_the_proof()
    {
        byte[] future = [0xFA, 0x7F, 0x03, 1, 2, 3];   // field 2047, three bytes

        using var acceptor = _b.Accept(_a.Leaf);
        using var a = new Forger(_a, _b, HandshakeRole.Initiator);
        a.Absorb(acceptor.Challenge());
        acceptor.ReadProof(a.Write(HandshakeMessageType.Proof, [.. Forger.ProofOf(_a), .. future])).Name.ShouldBe(_a.Context.Name);
        a.Absorb(acceptor.Verdict(null));
        byte[] commit = [.. new Commit { Counter = 3 }.ToByteArray(), .. future];
        acceptor.ReadCommit(a.Write(HandshakeMessageType.Commit, commit)).Counter.ShouldBe(3ul);
        byte[] describe = [.. PeerDescriptionCodec.Encode(_a.Description), .. future];
        acceptor.ReadDescribe(a.Write(HandshakeMessageType.Describe, describe)).ShouldBe(_a.Description);

        using var initiator = _a.Dial(_b.Leaf);
        using var b = new Forger(_a, _b, HandshakeRole.Acceptor);
        var challenge = new Challenge { MinVersion = 1, MaxVersion = 9, Nonce = ByteString.CopyFrom(TestNode.NonceOf(0xB2)) };
        b.Absorb(initiator.ReadChallenge(b.WritePlain(HandshakeMessageType.Challenge, [.. challenge.ToByteArray(), .. future])));
        var verdict = new Verdict { Name = "b@beta", Incarnation = 5 };
        initiator.ReadVerdict(b.Write(HandshakeMessageType.Verdict, [.. verdict.ToByteArray(), .. future])).Incarnation.Value.ShouldBe(5ul);
    }
}
