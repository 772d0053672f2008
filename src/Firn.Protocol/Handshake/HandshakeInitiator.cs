using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>What a verified Verdict says.</summary>
/// <param name="Name">The acceptor's name, for its pin to be checked.</param>
/// <param name="Incarnation">The acceptor's incarnation.</param>
/// <param name="Held">The session that the acceptor holds with this node, if any.</param>
internal sealed record VerdictReceived(NodeName Name, Incarnation Incarnation, SessionId? Held);

/// <summary>
/// The end that dials: ReadChallenge (which makes the Proof), ReadVerdict, (the peer book decides), Commit or Refuse, ReadDescribe.
/// Where a DID is expected, nothing is proved to any other; where trust is demanded, nothing to an untrusted one.
/// </summary>
/// <param name="self">What this node brings.</param>
/// <param name="localLeaf">Its leaf on this connection.</param>
/// <param name="remote">The leaf of the acceptor.</param>
/// <param name="nonce32">32 random bytes.</param>
/// <param name="expectedName">Whom this node expects there, if it knows.</param>
/// <param name="expectedDid">The same by key.</param>
/// <param name="cookie">The cookie to prove with, if admission asks for one: the first one if null.</param>
internal sealed class HandshakeInitiator(
    HandshakeContext self,
    ReadOnlyMemory<byte> localLeaf,
    VerifiedLeaf remote,
    ReadOnlySpan<byte> nonce32,
    string? expectedName = null,
    Did? expectedDid = null,
    CookieKey? cookie = null)
    : HandshakeMachine(self, HandshakeRole.Initiator, localLeaf, remote, nonce32)
{
    private bool _hasProved;

    /// <summary>Reads the Challenge and returns the Proof.</summary>
    /// <exception cref="HandshakeException">Refused by either end.</exception>
    public byte[] ReadChallenge(ReadOnlySpan<byte> bytes)
    {
        Begin(Step.Challenge);
        var message = Receive(bytes, HandshakeMessageType.Challenge);
        if (message.HasMac)
            throw HandshakeException.Malformed("The peer's Challenge bears a MAC, though nothing is proved yet.");
        var challenge = WireFields.Parse(Challenge.Parser, message);
        uint version = ChooseVersion(new VersionRange(challenge.MinVersion, challenge.MaxVersion));
        if (WireFields.Nonce(challenge.Nonce).AsSpan().SequenceEqual(Nonce))
            throw Reflected();
        Rotations = WireFields.Rotations(challenge.Rotations, Remote.Did);
        CheckDid();

        Transcript.Absorb(message);
        if (Self.Admission.Keyring is { } keyring)
            Adopt(cookie ?? keyring[0], new HandshakeKeys(cookie ?? keyring[0], version));
        else
            IsVouchedFor = true;
        var proof = new Proof
        {
            Version = version,
            Nonce = ByteString.CopyFrom(Nonce),
            Admission = Self.Admission.Mode.ToWire(),
            Cluster = Self.Cluster,
            Name = Self.Name.ToString(),
            Incarnation = Self.Incarnation.Value,
            ExpectedName = expectedName ?? "",
            ExpectedDid = expectedDid is null ? ByteString.Empty : ByteString.CopyFrom(Remote.Did.Point),
            Rotations = { WireFields.ToWire(Self.Rotations) },
        };
        var answer = WriteProved(HandshakeMessageType.Proof, proof.ToByteArray());
        _hasProved = true;
        Expect(Step.Verdict);
        return answer;
    }

    /// <exception cref="HandshakeException">Refused by either end; the peer is not in.</exception>
    public VerdictReceived ReadVerdict(ReadOnlySpan<byte> bytes)
    {
        Begin(Step.Verdict);
        var message = Receive(bytes, HandshakeMessageType.Verdict);
        Verify(message, RefusalCause.WrongProof, $"The node that was dialled does not prove itself: {RefusalSentence.WrongProof(Self)}");
        var verdict = WireFields.Parse(Wire.Verdict.Parser, message);
        var received = new VerdictReceived(
            WireFields.Name(verdict.Name), WireFields.Incarnation(verdict.Incarnation), WireFields.Session(verdict.HeldSession));

        if (expectedName is not null && !received.Name.Matches(expectedName))
        {
            throw WrongPeer($"{expectedName} was expected at this address, but {received.Name} lives there.");
        }

        Expect(Step.Commit);
        return received;
    }

    /// <summary>
    /// Commits to the new session and describes this node, in one flight. <paramref name="last"/> is the last session that this
    /// node held with the acceptor; <paramref name="counter"/> rises with each dial.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: the description is outside its limits.</exception>
    public byte[] Commit(SessionId? last, ulong counter, PeerDescription description, out SessionId session)
    {
        Begin(Step.Commit);
        byte[] describe = PeerDescriptionCodec.Encode(description);
        var commit = new Commit { LastSession = WireFields.ToWire(last), Counter = counter };

        byte[] first = WriteProved(HandshakeMessageType.Commit, commit.ToByteArray());
        session = Transcript.SessionId();
        byte[] second = WriteProved(HandshakeMessageType.Describe, describe);
        FallSilent();
        Expect(Step.AcceptorDescribe);
        return [.. first, .. second];
    }

    /// <summary>Ends the handshake: the session is up at both ends.</summary>
    /// <exception cref="HandshakeException">
    /// Refused by either end; <c>Simultaneous</c> means that the acceptor's own dial is the one that stays.
    /// </exception>
    public PeerDescription ReadDescribe(ReadOnlySpan<byte> bytes)
    {
        Begin(Step.AcceptorDescribe);
        var message = Receive(bytes, HandshakeMessageType.Describe);
        Verify(message);
        var description = WireFields.Description(message);
        Finish();
        return description;
    }

    /// <summary>A refused proof is told from a refused certificate by when it comes: the wire says the same of both.</summary>
    protected override RefusalCause CauseOf(RefusalReason reason) =>
        _hasProved && reason == RefusalReason.AuthenticationFailed ? RefusalCause.ProofRefused : RefusalCause.RefusedByPeer;

    private uint ChooseVersion(VersionRange theirs) => !theirs.IsValid
        ? throw HandshakeException.Malformed($"The peer's range of versions is malformed: {theirs}.")
        : Self.Versions.HighestCommon(theirs) ?? throw new HandshakeException(
            RefusalCause.VersionUnsupported,
            RefusalReason.VersionUnsupported,
            $"The peer speaks version {theirs} of the protocol, this node version {Self.Versions}: update the older one.");

    private void CheckDid()
    {
        if (Remote.Did == Self.Did)
        {
            throw new HandshakeException(
                RefusalCause.OwnIdentity,
                RefusalReason.Self,
                "The address leads back to this node itself, or to a copy of its identity that runs elsewhere.");
        }

        // Nothing is proved yet, so without a demand by key there is no need to check what the rotations say: that comes after the Verdict.
        bool demandsKey = Self.Admission.Mode.DemandsTrust() || (expectedDid is not null && expectedDid != Remote.Did);
        var policy = demandsKey ? PolicyForPeer(expectedDid) : Self.Admission;
        if (expectedDid is not null && expectedDid != Remote.Did && policy.Rotations.Resolve(expectedDid) != Remote.Did)
        {
            if (policy.WhyRotated(expectedDid) is { } why && policy.Rotations.StandingOf(expectedDid) == RotationStanding.Frozen)
                throw new HandshakeException(RefusalCause.RetiredKey, RefusalReason.AuthenticationFailed, why);
            throw WrongPeer($"{expectedDid} was expected at this address, but {Remote.Did} lives there.");
        }

        RequireTrust(policy, $"{Remote.Did} lives at this address, and this node does not trust it: nothing was told to it.");
    }
}
