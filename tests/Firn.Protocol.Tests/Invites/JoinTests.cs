using Firn.Protocol.Tests.Handshake;
using Firn.Protocol.Wire;

namespace Firn.Protocol.Tests.Invites;

/// <summary>What joining gives to whom, and what somebody in between can do about it.</summary>
public sealed class JoinTests : IDisposable
{
    private readonly TestNode _joiner = new("j@joiner", keys: [TestNode.Key(9)]);
    private readonly TestNode _inviter = new("i@inviter");
    private readonly TestNode _mallory = new("m@evil", keys: [TestNode.Key(66)]);

    public void Dispose()
    {
        _joiner.Dispose();
        _inviter.Dispose();
        _mallory.Dispose();
    }

    [Fact]
    public void Who_looks_sees_the_offer_and_gets_nothing_and_who_takes_gets_the_cookie()
    {
        using var look = new Joining(_joiner, _inviter, takes: false).Run();
        look.Failed.ShouldBeNull();
        look.Join.ShouldBe(new JoinReceived(Joining.Id, _joiner.Context.Name, Takes: false));
        look.Seen.ShouldBe(look.Offer);

        using var take = new Joining(_joiner, _inviter).Run();
        take.Failed.ShouldBeNull();
        take.Join.ShouldBe(new JoinReceived(Joining.Id, _joiner.Context.Name, Takes: true));
        take.Granted.ShouldNotBeNull().Offer.ShouldBe(take.Offer);
        take.Granted.Cookie.ShouldNotBeNull().Bytes.ToArray().ShouldBe(take.Cookie.Bytes.ToArray());
    }

    [Fact]
    public void A_relay_that_ends_TLS_is_refused_by_the_joiner_and_at_either_end()
    {
        using var both = new Joining(_joiner, _inviter, seenByJoiner: _mallory.Leaf, seenByInviter: _mallory.Leaf).Run();
        Fails(both, 0, RefusalCause.WrongPeer, RefusalReason.WrongPeer);
        both.Sent.Count.ShouldBe(1, "the joiner tells nothing to whom its line does not name");

        // Even if it has the joiner's line with its own DID in it, so that the joiner dials it: the proof is for that connection.
        using var inside = new Joining(_joiner, _inviter, seenByJoiner: _mallory.Leaf, seenByInviter: _mallory.Leaf, named: _mallory.Did).Run();
        Fails(inside, 1, RefusalCause.WrongInvite, RefusalReason.AuthenticationFailed);
        using var outside = new Joining(_joiner, _inviter, seenByInviter: _mallory.Leaf).Run();
        Fails(outside, 1, RefusalCause.WrongInvite, RefusalReason.AuthenticationFailed);
        using var renewed = new Joining(_joiner, _inviter, seenByJoiner: _inviter.NewLeaf()).Run();
        Fails(renewed, 1, RefusalCause.WrongInvite, RefusalReason.AuthenticationFailed);
    }

    [Fact]
    public void A_recorded_joining_is_worth_nothing_at_either_end()
    {
        using var recorded = new Joining(_joiner, _inviter).Run();
        using var other = _inviter.Accept(_joiner.Leaf, nonce: 0x44);
        other.Challenge();
        using var machine = other.ToJoining();
        Should.Throw<HandshakeException>(() => machine.ReadJoin(recorded.Sent[1], Keys)).Cause.ShouldBe(RefusalCause.WrongInvite);
        using var toJoiner = new Joining(_joiner, _inviter, nonce: 0x55).Run((i, bytes) => i == 2 ? recorded.Sent[2] : bytes);
        Fails(toJoiner, 2, RefusalCause.Altered, RefusalReason.AuthenticationFailed);
        toJoiner.Granted.ShouldBeNull();
    }

    [Fact]
    public void Every_flipped_bit_of_every_message_ends_it_and_nothing_is_given()
    {
        foreach (bool takes in new[] { false, true })
        {
            using var honest = new Joining(_joiner, _inviter, takes).Run();
            for (int message = 0; message < honest.Sent.Count; message++)
            {
                for (int bit = 0; bit < honest.Sent[message].Length * 8; bit++)
                {
                    int target = message;
                    using var changed = new Joining(_joiner, _inviter, takes).Run((index, bytes) =>
                    {
                        if (index == target)
                            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                        return bytes;
                    });
                    string where = $"bit {bit % 8} of byte {bit / 8} of message {message}";
                    changed.Failed.ShouldNotBeNull(where).Message.ShouldBeLessThanOrEqualTo(Math.Max(1, message), where);
                    (changed.Granted is null && changed.Seen is null).ShouldBeTrue(where);
                    (message == 2 || changed.Join is null).ShouldBeTrue(where);
                }
            }
        }
    }

    [Fact]
    public void Who_cannot_prove_the_code_learns_the_same_whatever_the_reason()
    {
        using var wrongCode = new Joining(_joiner, _inviter, code: 2).Run();
        using var noSuchInvite = new Joining(_joiner, _inviter).Run(invitesCode: 250);
        using var relayed = new Joining(_joiner, _inviter, seenByInviter: _mallory.Leaf).Run();
        foreach (var refused in new[] { wrongCode, noSuchInvite, relayed })
        {
            Fails(refused, 1, RefusalCause.WrongInvite, RefusalReason.AuthenticationFailed);
            (refused.Told.ShouldNotBeNull().Cause, refused.Told.Reason).ShouldBe((RefusalCause.ProofRefused, RefusalReason.AuthenticationFailed));
        }

        new[] { wrongCode, noSuchInvite, relayed }.Select(r => r.Told!.Message).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void Who_proves_the_code_learns_why_and_under_a_MAC_only()
    {
        foreach (var (reason, sentence) in new[]
        {
            (RefusalReason.InviteExpired, "expired"), (RefusalReason.InviteUsed, "used up"), (RefusalReason.InviteCancelled, "cancelled there"),
        })
        {
            using var refused = new Joining(_joiner, _inviter) { Refuses = reason }.Run();
            Fails(refused, 2, RefusalCause.RefusedByPeer, reason);
            refused.Failed!.Value.Failure.Message.ShouldContain(sentence);
            refused.Failed!.Value.Failure.Failure.ShouldBe(FailureReason.InviteRefused);
            refused.Failed!.Value.Failure.IsProved.ShouldBeTrue();

            using var forged = new Joining(_joiner, _inviter) { Refuses = reason }.Run((i, bytes) => i != 2 ? bytes : Plain(bytes));
            Fails(forged, 2, RefusalCause.ProofRefused, RefusalReason.AuthenticationFailed);
            forged.Failed!.Value.Failure.IsProved.ShouldBeFalse();
        }

        static byte[] Plain(byte[] refusal) => HandshakeMessage.Build(HandshakeMessageType.Refusal, HandshakeMessage.Read(refusal).Body, withMac: false);
    }

    [Fact]
    public void A_node_joins_neither_itself_nor_what_its_line_does_not_name()
    {
        using var self = new Joining(_inviter, _inviter).Run();
        Fails(self, 0, RefusalCause.OwnIdentity, RefusalReason.Self);
        using var other = new Joining(_joiner, _inviter, named: _mallory.Did).Run();
        Fails(other, 0, RefusalCause.WrongPeer, RefusalReason.WrongPeer);
    }

    /// <summary>A copy of the inviter's identity, which says that it is somebody else.</summary>
    [Fact]
    public void An_inviter_does_not_welcome_its_own_key()
    {
        using var code = InviteBookTests.NewCode(1);
        using var line = InviteLine.Parse(InviteLine.Write(
            InviteGifts.Cookie, _inviter.Did, Joining.Id, code, TestNode.Now.AddHours(1), [NodeAddress.Parse("beta:1")]));
        var copy = _inviter.NewLeaf();
        using var stranger = _inviter.Accept(copy);
        using var joiner = new JoinInitiator(
            new JoinIdentity(_joiner.Context.Name, _joiner.Did, VersionRange.Supported), copy.Der, _inviter.Leaf, TestNode.NonceOf(0xA1), line, takes: true);
        byte[] join = joiner.ReadChallenge(stranger.Challenge());
        using var machine = stranger.ToJoining();

        Should.Throw<HandshakeException>(() => machine.ReadJoin(join, Keys)).Cause.ShouldBe(RefusalCause.OwnIdentity);
    }

    [Fact]
    public void An_offer_of_something_else_than_the_line_says_is_refused()
    {
        foreach (bool takes in new[] { false, true })
        {
            using var less = new Joining(_joiner, _inviter, takes);
            less.Offer = less.Offer with { Gifts = InviteGifts.Trust };
            Fails(less.Run(), 2, RefusalCause.Malformed, RefusalReason.ProtocolError);
            less.Granted.ShouldBeNull();
        }
    }

    [Fact]
    public void Its_keys_are_neither_a_cookies_nor_a_sessions()
    {
        byte[] secret = new byte[32];
        using var code = InviteBookTests.NewCode(0);
        using var cookie = new CookieKey(secret, isPassphrase: false);
        using var ofCode = new HandshakeKeys(code, 1);
        using var ofCookie = new HandshakeKeys(cookie, 1);
        string[] all = [.. new[] { ofCode, ofCookie }.SelectMany(k => new[] { k[HandshakeRole.Initiator].ToArray(), k[HandshakeRole.Acceptor].ToArray() }).Select(Convert.ToHexString)];
        all.Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public void A_Join_opens_nothing_but_joining()
    {
        // The usual machines take none of its messages, and after it nothing of theirs.
        using var honest = new Joining(_joiner, _inviter).Run();
        using var acceptor = _inviter.Accept(_joiner.Leaf);
        acceptor.Challenge();
        Should.Throw<HandshakeException>(() => acceptor.ReadProof(honest.Sent[1])).Cause.ShouldBe(RefusalCause.OutOfOrder);
        using var initiator = _joiner.Dial(_inviter.Leaf);
        initiator.ReadChallenge(honest.Sent[0]);
        Should.Throw<HandshakeException>(() => initiator.ReadVerdict(honest.Sent[2])).Cause.ShouldBe(RefusalCause.OutOfOrder);

        using var joining = _inviter.Accept(_joiner.Leaf);
        joining.Challenge();
        using var machine = joining.ToJoining();
        Should.Throw<InvalidOperationException>(() => joining.ReadProof(honest.Sent[1]));
        joining.Refuse(RefusalReason.Busy).ShouldBeEmpty();
        Should.Throw<InvalidOperationException>(() => machine.Offer(honest.Offer), "nothing was proved");
        Should.Throw<HandshakeException>(() => machine.ReadJoin(Forger.ProofOf(_joiner), Keys));
        Should.Throw<InvalidOperationException>(() => machine.ReadJoin(honest.Sent[1], Keys), "it is finished by what failed");
    }

    [Fact]
    public void A_nonce_that_comes_back_is_a_reflection_and_a_version_that_nobody_speaks_is_refused()
    {
        using var mirrored = new Joining(_joiner, _inviter, nonce: 0xB2).Run();
        Fails(mirrored, 0, RefusalCause.Reflected, RefusalReason.AuthenticationFailed);
        using var later = new TestNode("l@later", versions: new VersionRange(2, 3));
        using var talk = new Joining(_joiner, later).Run();
        Fails(talk, 0, RefusalCause.VersionUnsupported, RefusalReason.VersionUnsupported);
    }

    [Fact]
    public void Damaged_messages_end_in_refusal_at_both_ends()
    {
        using var honest = new Joining(_joiner, _inviter).Run();
        Fuzz.Run(Fuzz.CostlyCases, mutator =>
        {
            int target = mutator.Next(3);
            using var damaged = new Joining(_joiner, _inviter).Run((index, bytes) => index == target ? mutator.Mutate(bytes) : bytes);
            if (damaged.Failed is null)
                damaged.Sent.Zip(honest.Sent).ShouldAllBe(pair => pair.First.SequenceEqual(pair.Second));
            else
                damaged.Granted.ShouldBeNull();
        });
    }

    private static HandshakeKeys Keys(InviteId id, uint version)
    {
        using var code = InviteBookTests.NewCode(1);
        return new HandshakeKeys(code, version);
    }

    private static void Fails(Joining joining, int message, RefusalCause cause, RefusalReason reason)
    {
        var (at, failure) = joining.Failed.ShouldNotBeNull();
        (at, failure.Cause, failure.Reason).ShouldBe((message, cause, reason), failure.Message);
    }
}
