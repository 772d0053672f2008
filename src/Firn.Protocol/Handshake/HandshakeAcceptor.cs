using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>What a verified Proof says.</summary>
/// <param name="Name">The initiator's name, for its pin to be checked.</param>
/// <param name="Incarnation">The initiator's incarnation.</param>
/// <param name="ExpectedName">The name it expected here, if any; it is this node's.</param>
/// <param name="ExpectedDid">The DID it expected here, if any; it is this node's.</param>
/// <param name="Key">Which key of the keyring it proved with; 0 where admission is by trust.</param>
internal sealed record ProofReceived(NodeName Name, Incarnation Incarnation, string? ExpectedName, Did? ExpectedDid, int Key);

/// <summary>What a Commit says.</summary>
/// <param name="Last">The last session that the initiator held with this node, if it remembers one.</param>
/// <param name="Counter">Rises with each dial of the initiator.</param>
/// <param name="Session">The id of the session that it commits to.</param>
internal sealed record CommitReceived(SessionId? Last, ulong Counter, SessionId Session);

/// <summary>
/// The end that was dialled: Challenge, ReadProof, (pins and limits), Verdict, ReadCommit, ReadDescribe, (the peer book decides),
/// then Describe, or Refuse at any point. It says nothing of itself before the initiator has proved itself.
/// </summary>
internal sealed class HandshakeAcceptor(
    HandshakeContext self, ReadOnlyMemory<byte> localLeaf, VerifiedLeaf remote, ReadOnlySpan<byte> nonce32)
    : HandshakeMachine(self, HandshakeRole.Acceptor, localLeaf, remote, nonce32)
{
    public byte[] Challenge()
    {
        Begin(Step.Challenge);
        var challenge = new Challenge
        {
            MinVersion = Self.Versions.Min,
            MaxVersion = Self.Versions.Max,
            Nonce = ByteString.CopyFrom(Nonce),
            Rotations = { WireFields.ToWire(Self.Rotations) },
        };
        var message = Transcript.Write(HandshakeMessageType.Challenge, challenge.ToByteArray());
        Expect(Step.Proof);
        return message;
    }

    /// <summary>The peer answers the Challenge with a Join: from here on that machine speaks, over this one's transcript.</summary>
    public JoinAcceptor ToJoining()
    {
        Begin(Step.Proof);
        Finish();
        return new JoinAcceptor(Self, Remote, Nonce, Transcript);
    }

    /// <exception cref="HandshakeException">Refused by either end; the peer is not in.</exception>
    public ProofReceived ReadProof(ReadOnlySpan<byte> bytes)
    {
        Begin(Step.Proof);
        var message = Receive(bytes, HandshakeMessageType.Proof);
        var proof = WireFields.Parse(Proof.Parser, message);
        int key = VerifyProof(message, proof);

        var received = new ProofReceived(
            WireFields.Name(proof.Name),
            WireFields.Incarnation(proof.Incarnation),
            WireFields.ExpectedName(proof.ExpectedName),
            WireFields.ExpectedDid(proof.ExpectedDid),
            key);
        CheckMeaning(received, WireFields.Cluster(proof.Cluster));
        Expect(Step.Verdict);
        return received;
    }

    /// <summary>Lets the initiator in, and names the session that this node holds with it, if any.</summary>
    public byte[] Verdict(SessionId? held)
    {
        Begin(Step.Verdict);
        var verdict = new Verdict
        {
            Name = Self.Name.ToString(),
            Incarnation = Self.Incarnation.Value,
            HeldSession = WireFields.ToWire(held),
        };
        var message = WriteProved(HandshakeMessageType.Verdict, verdict.ToByteArray());
        Expect(Step.Commit);
        return message;
    }

    /// <summary>Read the Describe that travels with it before deciding: a refusal in between cannot bear a MAC.</summary>
    /// <exception cref="HandshakeException">Refused by either end; <c>Duplicate</c> means that the initiator keeps the session it has.</exception>
    public CommitReceived ReadCommit(ReadOnlySpan<byte> bytes)
    {
        Begin(Step.Commit);
        var message = Receive(bytes, HandshakeMessageType.Commit);
        Verify(message);
        var commit = WireFields.Parse(Commit.Parser, message);
        var received = new CommitReceived(WireFields.Session(commit.LastSession), commit.Counter, Transcript.SessionId());
        IsAwaited = false;   // the initiator's Describe is on its way, and in its transcript already
        Expect(Step.InitiatorDescribe);
        return received;
    }

    /// <exception cref="HandshakeException">Refused by either end.</exception>
    public PeerDescription ReadDescribe(ReadOnlySpan<byte> bytes)
    {
        Begin(Step.InitiatorDescribe);
        var message = Receive(bytes, HandshakeMessageType.Describe);
        Verify(message);
        var description = WireFields.Description(message);
        Expect(Step.AcceptorDescribe);
        return description;
    }

    /// <summary>Ends the handshake: with this the session is up at the initiator as well.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: the description is outside its limits.</exception>
    public byte[] Describe(PeerDescription description)
    {
        Begin(Step.AcceptorDescribe);
        var message = WriteProved(HandshakeMessageType.Describe, PeerDescriptionCodec.Encode(description));
        Finish();
        return message;
    }

    private int VerifyProof(HandshakeMessage message, Proof proof)
    {
        if (!Self.Versions.Contains(proof.Version))
        {
            throw new HandshakeException(
                RefusalCause.VersionUnsupported,
                RefusalReason.VersionUnsupported,
                $"The peer speaks version {proof.Version} of the protocol, this node version {Self.Versions}: update the older one.");
        }

        if (WireFields.Nonce(proof.Nonce).AsSpan().SequenceEqual(Nonce))
            throw Reflected();
        if (!Self.Admission.Mode.GoesWith(proof.Admission))
            throw AdmissionDiffers(proof.Admission);

        int key = 0;
        if (Self.Admission.Keyring is { } keyring)
            key = VerifyCookie(message, keyring, proof.Version);
        else
            AbsorbPlain(message);
        Rotations = WireFields.Rotations(proof.Rotations, Remote.Did);
        RequireTrust(PolicyForPeer(), $"{Remote.Did} dialled, and this node does not trust it.");

        IsVouchedFor = !Self.UsesMac;
        IsAwaited = true;
        return key;
    }

    /// <summary>Finds the cookie that the peer has proved, and settles on it.</summary>
    private int VerifyCookie(HandshakeMessage message, Keyring keyring, uint version)
    {
        var candidates = new HandshakeKeys[keyring.Count];
        for (int i = 0; i < candidates.Length; i++)
            candidates[i] = new HandshakeKeys(keyring[i], version);
        int key = Transcript.Verify(message, HandshakeRole.Initiator, candidates);
        for (int i = 0; i < candidates.Length; i++)
        {
            if (i != key)
                candidates[i].Dispose();
        }

        if (key < 0)
        {
            throw new HandshakeException(
                RefusalCause.WrongProof,
                RefusalReason.AuthenticationFailed,
                $"The peer that dialled is not let in: {RefusalSentence.WrongProof(Self)}");
        }

        Adopt(keyring[key], candidates[key]);
        return key;
    }

    /// <summary>The peer has proved itself: what it says can be believed, and may still be wrong here.</summary>
    private void CheckMeaning(ProofReceived proof, string cluster)
    {
        if (Remote.Did == Self.Did)
        {
            throw new HandshakeException(
                RefusalCause.OwnIdentity,
                RefusalReason.Self,
                "The peer has this node's own identity: it dialled itself, or a copy of it runs elsewhere.");
        }

        if (cluster != Self.Cluster)
        {
            throw new HandshakeException(
                RefusalCause.ClusterDiffers,
                RefusalReason.ClusterDiffers,
                $"{proof.Name} belongs to cluster \"{cluster}\", this node to \"{Self.Cluster}\": set the same cluster on both.");
        }

        if (proof.ExpectedDid is { } did && did != Self.Did)
            throw WrongPeer($"{proof.Name} expected {did} here, but this is {Self.Did}.");
        if (proof.ExpectedName is { } name && !Self.Name.Matches(name))
            throw WrongPeer($"{proof.Name} expected {name} here, but this is {Self.Name}.");
    }

    private HandshakeException AdmissionDiffers(Admission theirs) => new(
        RefusalCause.AdmissionDiffers,
        RefusalReason.AdmissionDiffers,
        $"The peer admits {AdmissionModes.FromWire(theirs).Describe()}, this node {((AdmissionMode?)Self.Admission.Mode).Describe()}: " +
        "start both with the same --admit.");
}
