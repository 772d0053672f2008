namespace Firn.Protocol.Tests.Handshake;

/// <summary>Keys that were rotated, in the handshake: who is followed, who is refused, and what is checked for whom.</summary>
public sealed class RotationTests
{
    [Theory]
    [InlineData(AdmissionMode.Trust, true)]
    [InlineData(AdmissionMode.Trust, false)]
    [InlineData(AdmissionMode.Both, true)]
    [InlineData(AdmissionMode.Both, false)]
    public void Whoever_trusts_the_old_key_follows_whichever_end_dials(AdmissionMode mode, bool rotatedDials)
    {
        using var old = new TestNode("a@alpha");
        using var b = new TestNode("b@beta").Admit(mode, old.Did);
        old.Admit(mode, b.Did);
        using var next = old.Rotate();

        var handshake = Run(next, b, rotatedDials);

        handshake.Failed.ShouldBeNull();
        var told = rotatedDials ? handshake.Acceptor.Rotations : handshake.Initiator.Rotations;
        told.IsKnownGenuine.ShouldBeTrue();
        told.Statements.ShouldBe(next.Context.Rotations.Statements);
    }

    [Fact]
    public void Four_rotations_are_followed_and_five_are_not()
    {
        using var first = new TestNode("a@alpha");
        using var second = first.Rotate();
        using var third = second.Rotate();
        using var fourth = third.Rotate();
        using var fifth = fourth.Rotate();
        using var sixth = fifth.Rotate();
        using var b = new TestNode("b@beta").Admit(AdmissionMode.Trust, first.Did);

        fifth.Admit(AdmissionMode.Trust, b.Did);
        sixth.Admit(AdmissionMode.Trust, b.Did);

        Run(fifth, b, rotatedDials: true).Failed.ShouldBeNull();
        Run(sixth, b, rotatedDials: true).Failed!.Value.Failure.Cause.ShouldBe(RefusalCause.NotTrusted);
    }

    [Theory]
    [InlineData(AdmissionMode.Trust, true)]
    [InlineData(AdmissionMode.Trust, false)]
    [InlineData(AdmissionMode.Cookie, true)]
    [InlineData(AdmissionMode.Cookie, false)]
    public void A_thief_with_the_old_key_is_refused_by_whoever_has_seen_the_rotation(AdmissionMode mode, bool thiefDials)
    {
        using var old = new TestNode("a@alpha");
        using var next = old.Rotate();
        using var b = new TestNode("b@beta").Admit(mode, old.Did).See(next.Context.Rotations);
        old.Admit(mode, b.Did);

        var failure = Run(old, b, thiefDials).Failed!.Value.Failure;

        (failure.Cause, failure.Reason, failure.Failure).ShouldBe(
            (RefusalCause.RetiredKey, Wire.RefusalReason.AuthenticationFailed, FailureReason.NotTrusted));
        failure.Message.ShouldContain(next.Did.ToString());
    }

    [Theory]
    [InlineData(AdmissionMode.Trust, true)]
    [InlineData(AdmissionMode.Trust, false)]
    [InlineData(AdmissionMode.Cookie, true)]
    public void A_second_successor_is_refused_as_frozen_and_what_it_told_is_kept(AdmissionMode mode, bool thiefDials)
    {
        using var old = new TestNode("a@alpha");
        using var next = old.Rotate();
        using var thief = old.Rotate();
        using var b = new TestNode("b@beta").Admit(mode, old.Did).See(next.Context.Rotations);
        thief.Admit(mode, b.Did);

        var handshake = Run(thief, b, thiefDials);

        var failure = handshake.Failed!.Value.Failure;
        failure.Cause.ShouldBe(RefusalCause.RetiredKey);
        foreach (string part in new[] { old.Did.ToString(), next.Did.ToString(), thief.Did.ToString(), "firn trust add" })
            failure.Message.ShouldContain(part);
        var told = thiefDials ? handshake.Acceptor.Rotations : handshake.Initiator.Rotations;
        told.IsKnownGenuine.ShouldBeTrue();
        var after = b.Context.Admission.After(told).ShouldNotBeNull();
        (after.Trusts(old.Did), after.Trusts(next.Did), after.Trusts(thief.Did)).ShouldBe((false, false, false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_statement_that_the_old_key_has_not_signed_helps_nobody(bool thiefDials)
    {
        using var old = new TestNode("a@alpha");
        using var thief = new TestNode("a@alpha");
        using var b = new TestNode("b@beta").Admit(AdmissionMode.Trust, old.Did);
        thief.Admit(AdmissionMode.Trust, b.Did);
        using var forged = thief.Rotate();
        byte[] bytes = forged.Context.Rotations.Statements[0].Bytes.ToArray();
        old.Did.Point.CopyTo(bytes);
        RotationChain.TryRead([bytes], forged.Did, out var chain, out _).ShouldBeTrue();
        forged.Tell(chain!);

        Run(forged, b, thiefDials).Failed!.Value.Failure.Cause.ShouldBe(RefusalCause.FalseRotation);
    }

    [Fact]
    public void Rotations_that_lead_to_another_key_are_malformed()
    {
        using var old = new TestNode("a@alpha");
        using var next = old.Rotate();
        using var other = new TestNode("c@gamma").Tell(next.Context.Rotations);
        using var b = new TestNode("b@beta");

        Run(other, b, rotatedDials: true).Failed!.Value.Failure.Cause.ShouldBe(RefusalCause.Malformed);
        Run(other, b, rotatedDials: false).Failed!.Value.Failure.Cause.ShouldBe(RefusalCause.Malformed);
    }

    /// <summary>A dial demands the key that is known, and is content with the one that has its place.</summary>
    [Fact]
    public void Whoever_expects_the_old_key_there_takes_the_one_that_follows_it_and_no_other()
    {
        using var old = new TestNode("a@alpha");
        using var next = old.Rotate();
        using var stranger = new TestNode("c@gamma");
        using var b = new TestNode("b@beta");

        using (var handshake = new Conversation(b, next, expectedDid: old.Did))
            handshake.Run().Failed.ShouldBeNull();
        using (var handshake = new Conversation(b, next, expectedDid: stranger.Did))
            handshake.Run().Failed!.Value.Failure.Cause.ShouldBe(RefusalCause.WrongPeer);
        b.See(old.Rotate().Context.Rotations);
        using (var handshake = new Conversation(b, next, expectedDid: old.Did))
            handshake.Run().Failed!.Value.Failure.Message.ShouldContain("frozen");
    }

    /// <summary>A stranger must not make a node check signatures for nothing.</summary>
    [Theory]
    [InlineData(AdmissionMode.Cookie, true)]
    [InlineData(AdmissionMode.Cookie, false)]
    [InlineData(AdmissionMode.Trust, true)]
    public void Nothing_is_checked_that_speaks_of_no_known_key_or_comes_without_a_proof(AdmissionMode mode, bool strangerDials)
    {
        using var old = new TestNode("a@alpha");
        using var b = new TestNode("b@beta").Admit(mode);
        old.Admit(mode, b.Did);
        using var next = old.Rotate();
        var handshake = Run(next, b, strangerDials);
        (strangerDials ? handshake.Acceptor.Rotations : handshake.Initiator.Rotations).IsKnownGenuine.ShouldBeFalse();

        // Known, but it comes with the MAC of another cookie.
        using var thief = new TestNode("a@alpha", keys: TestNode.Key(9));
        using var rotated = thief.Rotate();
        using var c = new TestNode("c@gamma").Admit(AdmissionMode.Both, thief.Did);
        var unproved = Run(rotated, c, rotatedDials: true);
        unproved.Failed!.Value.Failure.Cause.ShouldBe(RefusalCause.WrongProof);
        unproved.Acceptor.Rotations.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_messages_keep_their_limit_with_the_longest_of_everything()
    {
        string label = new('h', 60);
        string host = $"{label}.{label}.{label}.{label}";
        using var first = new TestNode($"{new string('n', 64)}@{host}", new string('c', 64));
        using var fourth = first.Rotate().Rotate().Rotate().Rotate();
        using var b = new TestNode("b@beta", new string('c', 64));
        fourth.Context.Rotations.Statements.Count.ShouldBe(4);

        using var handshake = new Conversation(fourth, b).Run(count: 3);

        handshake.Failed.ShouldBeNull();
        handshake.Proof.ShouldNotBeNull();
        handshake.Sent.Max(message => message.Length).ShouldBeLessThan(HandshakeMessage.MaxBodyLength / 2);
    }

    private static Conversation Run(TestNode rotated, TestNode other, bool rotatedDials) =>
        (rotatedDials ? new Conversation(rotated, other) : new Conversation(other, rotated)).Run();
}
