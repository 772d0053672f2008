using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>
/// What both ends of a handshake share: the order of its messages, the transcript, and refusing. Bytes in, bytes out: the
/// driver reads each message whole (<see cref="HandshakeMessage.BytesAfter"/>) and sees to the deadline.
/// <para>
/// Error contract: if it did not succeed, the state did not advance and the machine is finished. What the peer did wrong is
/// a <see cref="HandshakeException"/>; <see cref="Refuse"/> then makes the last words. A method called out of order throws
/// <see cref="InvalidOperationException"/> and changes nothing.
/// </para>
/// </summary>
internal abstract class HandshakeMachine : IDisposable
{
    private readonly HandshakeRole _peer;
    private readonly HandshakeRole _role;
    private HandshakeKeys? _keys;
    private Step _due;
    private bool _isSilent;

    protected HandshakeMachine(
        HandshakeContext self, HandshakeRole role, ReadOnlyMemory<byte> localLeaf, VerifiedLeaf remote, ReadOnlySpan<byte> nonce)
    {
        if (nonce.Length != WireFields.NonceLength)
            throw new ArgumentException("A nonce has 32 random bytes.", nameof(nonce));

        (Self, Remote, Nonce) = (self, remote, nonce.ToArray());
        (_role, _peer, Transcript) = role == HandshakeRole.Initiator
            ? (role, HandshakeRole.Acceptor, new HandshakeTranscript(localLeaf.Span, remote.Der.Span))
            : (role, HandshakeRole.Initiator, new HandshakeTranscript(remote.Der.Span, localLeaf.Span));
    }

    /// <summary>The message that is due, on either side.</summary>
    protected enum Step
    {
        Challenge,
        Proof,
        Verdict,
        Commit,
        InitiatorDescribe,
        AcceptorDescribe,
        None,
    }

    protected HandshakeContext Self { get; }

    protected VerifiedLeaf Remote { get; }

    protected byte[] Nonce { get; }

    protected HandshakeTranscript Transcript { get; }

    /// <summary>
    /// Whether the peer, having proved itself, waits for this end's word: then both transcripts are the same, and it can
    /// verify a MAC. A message of its own on the way, or one that failed, would make them differ.
    /// </summary>
    protected bool IsAwaited { get; set; }

    /// <summary>The cookie that both ends have proved, or are about to; null where admission is by trust.</summary>
    public CookieKey? Cookie { get; private set; }

    /// <summary>How the peer's key took the place of earlier ones, as it says; empty before that was read. To be taken up where it matters.</summary>
    public RotationChain Rotations { get; protected set; } = RotationChain.Empty;

    /// <summary>Whether the peer was found to be trusted, where its key is all that speaks for it.</summary>
    protected bool IsVouchedFor { get; set; }

    /// <summary>The last words to an end whose certificate is refused, before any machine; they say only that authentication failed.</summary>
    public static byte[] RefuseLeaf() => HandshakeMessage.Build(
        HandshakeMessageType.Refusal, new Refusal { Reason = RefusalReason.AuthenticationFailed }.ToByteArray(), withMac: false);

    /// <summary>
    /// The last words to the peer, after a failure or by the node's own decision; empty when there are none: the peer has
    /// refused, or has all it needs for the session. They bear a MAC if the peer can verify one; but a failure of
    /// authentication never does, so that all of them look alike.
    /// </summary>
    public byte[] Refuse(RefusalReason reason)
    {
        if (_isSilent)
            return [];

        var refusal = new Refusal { Reason = reason };
        if (reason == RefusalReason.VersionUnsupported)
            (refusal.MinVersion, refusal.MaxVersion) = (Self.Versions.Min, Self.Versions.Max);
        if (reason == RefusalReason.AdmissionDiffers)
            refusal.Admission = Self.Admission.Mode.ToWire();
        bool withMac = Self.UsesMac && IsAwaited && reason != RefusalReason.AuthenticationFailed;
        Finish();
        return withMac
            ? WriteProved(HandshakeMessageType.Refusal, refusal.ToByteArray())
            : Transcript.Write(HandshakeMessageType.Refusal, refusal.ToByteArray());
    }

    public void Dispose()
    {
        _keys?.Dispose();
        Transcript.Dispose();
    }

    /// <summary>Begins <paramref name="step"/>. The machine is finished unless <see cref="Expect"/> says that it succeeded.</summary>
    protected void Begin(Step step)
    {
        if (_due != step)
            throw new InvalidOperationException($"{step} is not due in this handshake: {_due} is.");
        _due = Step.None;
    }

    protected void Expect(Step next) => _due = next;

    /// <summary>Nothing more is to be said, nor expected.</summary>
    protected void Finish() => (_due, _isSilent) = (Step.None, true);

    /// <summary>Nothing more is to be said, though the peer's last answer is expected.</summary>
    protected void FallSilent() => _isSilent = true;

    /// <summary>Reads a message that must be a <paramref name="due"/>; a refusal in its place is thrown as such.</summary>
    protected HandshakeMessage Receive(ReadOnlySpan<byte> bytes, HandshakeMessageType due)
    {
        IsAwaited = false;
        var message = HandshakeMessage.Read(bytes);
        if (message.Type == HandshakeMessageType.Refusal)
            throw PeerRefused(message);
        return message.Type == due
            ? message
            : throw new HandshakeException(
                RefusalCause.OutOfOrder, RefusalReason.ProtocolError, $"The peer sent a {message.Type}: expected a {due}.");
    }

    /// <summary>Settles on the cookie of this handshake.</summary>
    protected void Adopt(CookieKey cookie, HandshakeKeys keys) => (Cookie, _keys) = (cookie, keys);

    /// <summary>Absorbs a message if it bears the peer's MAC, or none where none is due; else fails for <paramref name="cause"/>.</summary>
    protected void Verify(HandshakeMessage message, RefusalCause cause, string sentence)
    {
        if (!Self.UsesMac)
            AbsorbPlain(message);
        else if (Transcript.Verify(message, _peer, Keys) < 0)
            throw new HandshakeException(cause, RefusalReason.AuthenticationFailed, sentence);
        IsAwaited = true;
    }

    /// <summary>Absorbs a message where admission is by trust: there is no key, so there can be no MAC.</summary>
    protected void AbsorbPlain(HandshakeMessage message)
    {
        if (message.HasMac)
            throw HandshakeException.Malformed($"The peer's {message.Type} bears a MAC, but admission by trust has no key for one.");
        Transcript.Absorb(message);
    }

    /// <summary>As <see cref="Verify(HandshakeMessage, RefusalCause, string)"/>, once both ends have proved themselves.</summary>
    protected void Verify(HandshakeMessage message) =>
        Verify(message, RefusalCause.Altered, $"The peer's {message.Type} does not bear its MAC: somebody altered it on the way.");

    protected byte[] WriteProved(HandshakeMessageType type, ReadOnlySpan<byte> body)
    {
        IsAwaited = false;
        return Self.UsesMac ? Transcript.Write(type, body, Keys[_role]) : Transcript.Write(type, body);
    }

    /// <summary>Why the peer refuses, for the local log.</summary>
    protected virtual RefusalCause CauseOf(RefusalReason reason) => RefusalCause.RefusedByPeer;

    /// <summary>What the peer's rotations say contradicts itself or what is known, or is not signed.</summary>
    public static HandshakeException FalseRotation(Did did) => new(
        RefusalCause.FalseRotation,
        RefusalReason.AuthenticationFailed,
        $"The rotations by which {did} says that it took the place of an earlier key are not signed by both keys, or contradict what is known here.");

    /// <summary>
    /// The policy by which the peer's key is judged: with its rotations, if they speak of a key that matters here. Signatures are checked
    /// for nothing else.
    /// </summary>
    protected AdmissionPolicy PolicyForPeer(Did? expected = null)
    {
        var policy = Self.Admission;
        bool matters = policy.IsConcernedBy(Rotations) || (expected is not null && Rotations.Retires(expected) && !policy.Rotations.Holds(Rotations));
        if (!matters)
            return policy;
        return Rotations.IsGenuine && policy.After(Rotations) is { } after ? after : throw FalseRotation(Remote.Did);
    }

    /// <summary>Refuses a key that is no longer in force, or not trusted where it has to be.</summary>
    protected void RequireTrust(AdmissionPolicy policy, string sentence)
    {
        if (policy.WhyRotated(Remote.Did) is { } why)
            throw new HandshakeException(RefusalCause.RetiredKey, RefusalReason.AuthenticationFailed, why);
        if (!policy.Trusts(Remote.Did))
            throw NotTrusted(sentence);
    }

    protected HandshakeException NotTrusted(string sentence)
    {
        string remedy = $" If it is meant: firn trust add {Remote.Did}";
        return new HandshakeException(RefusalCause.NotTrusted, RefusalReason.AuthenticationFailed, sentence + remedy);
    }

    protected static HandshakeException Reflected() =>
        new(RefusalCause.Reflected, RefusalReason.AuthenticationFailed, "The peer sent this node's own nonce back.");

    protected static HandshakeException WrongPeer(string sentence) => new(RefusalCause.WrongPeer, RefusalReason.WrongPeer, sentence);

    private HandshakeKeys Keys => _keys ?? throw new InvalidOperationException("No cookie has been settled on, so nothing can be proved.");

    private HandshakeException PeerRefused(HandshakeMessage message)
    {
        FallSilent();
        if (message.HasMac && (_keys is null || Transcript.Verify(message, _peer, _keys) < 0))
        {
            return new HandshakeException(
                RefusalCause.Altered, RefusalReason.ProtocolError, "The peer's refusal does not bear its MAC: it was altered on the way.");
        }

        var refusal = WireFields.Parse(Refusal.Parser, message);
        bool isProved = message.HasMac || (IsVouchedFor && refusal.Reason is not (RefusalReason.AuthenticationFailed or RefusalReason.AdmissionDiffers));
        return new HandshakeException(CauseOf(refusal.Reason), refusal.Reason, RefusalSentence.Of(refusal, Self), isProved);
    }
}
