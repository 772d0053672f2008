using System.Security.Cryptography;
using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>
/// The inviter's end of joining, after its Challenge: ReadJoin, (the invite book decides), then Offer, Grant or Refuse. It opens nothing
/// else: no session comes of it. Like <see cref="HandshakeMachine"/> it is finished by whatever fails.
/// </summary>
internal sealed class JoinAcceptor(HandshakeContext self, VerifiedLeaf remote, byte[] nonce, HandshakeTranscript transcript) : IDisposable
{
    private HandshakeKeys? _keys;
    private Step _step;

    private enum Step
    {
        Join,
        Answer,
        Over,
    }

    /// <summary>Reads the Join and verifies it with the keys of the invite that it names.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="keysOf">Of an invite, in a version; keys that nobody has for one that is not there. This machine wipes them.</param>
    /// <exception cref="HandshakeException">Refused: the code is not proved, or by what it says.</exception>
    public JoinReceived ReadJoin(ReadOnlySpan<byte> bytes, Func<InviteId, uint, HandshakeKeys> keysOf)
    {
        if (_step != Step.Join)
            throw new InvalidOperationException("No Join is due.");
        _step = Step.Over;

        var message = HandshakeMessage.Read(bytes);
        if (message.Type != HandshakeMessageType.Join)
            throw HandshakeException.Malformed($"The peer sent a {message.Type}: expected a Join.");
        var join = WireFields.Parse(Join.Parser, message);
        if (!self.Versions.Contains(join.Version))
        {
            throw new HandshakeException(
                RefusalCause.VersionUnsupported,
                RefusalReason.VersionUnsupported,
                $"The joiner speaks version {join.Version} of the protocol, this node version {self.Versions}: update the older one.");
        }

        if (join.Invite.Length != InviteId.Length)
            throw HandshakeException.Malformed($"The id of the peer's invite has {join.Invite.Length} bytes: expected {InviteId.Length}.");
        if (WireFields.Nonce(join.Nonce).AsSpan().SequenceEqual(nonce))
            throw new HandshakeException(RefusalCause.Reflected, RefusalReason.AuthenticationFailed, "The peer sent this node's own nonce back.");

        var id = InviteId.Read(join.Invite.Span);
        _keys = keysOf(id, join.Version);
        if (transcript.Verify(message, HandshakeRole.Initiator, _keys) < 0)
        {
            throw new HandshakeException(
                RefusalCause.WrongInvite,
                RefusalReason.AuthenticationFailed,
                $"{remote.Did} does not prove the code of invite {id}: that one is not here, the line was altered, somebody guesses, or relays the connection.");
        }

        _step = Step.Answer;
        if (remote.Did == self.Did)
            throw new HandshakeException(RefusalCause.OwnIdentity, RefusalReason.Self, "A node cannot join by its own invite.");
        return new JoinReceived(id, WireFields.Name(join.Name), join.Take);
    }

    /// <summary>Answers who only looks.</summary>
    public byte[] Offer(JoinOffer offer) => Answer(HandshakeMessageType.Offer, JoinCodec.ToWire(offer).ToByteArray());

    /// <summary>Gives what is offered, with the cookie if that is among it. The message is pinned, for the caller to wipe.</summary>
    public byte[] Grant(JoinOffer offer, CookieKey? cookie)
    {
        if (offer.Gifts.HasFlag(InviteGifts.Cookie) != cookie is not null)
            throw new ArgumentException("A cookie comes exactly with an offer of one.", nameof(cookie));
        byte[] body = JoinCodec.ToBytes(offer, cookie);
        byte[] message = Answer(HandshakeMessageType.Grant, body);
        CryptographicOperations.ZeroMemory(body);
        return message;
    }

    /// <summary>The last words; under a MAC, and so believed, once the code was proved.</summary>
    public byte[] Refuse(RefusalReason reason)
    {
        bool isProved = _step == Step.Answer && reason != RefusalReason.AuthenticationFailed;
        var refusal = new Refusal { Reason = reason };
        if (reason == RefusalReason.VersionUnsupported)
            (refusal.MinVersion, refusal.MaxVersion) = (self.Versions.Min, self.Versions.Max);
        return isProved
            ? Answer(HandshakeMessageType.Refusal, refusal.ToByteArray())
            : HandshakeMessage.Build(HandshakeMessageType.Refusal, refusal.ToByteArray(), withMac: false);
    }

    public void Dispose() => _keys?.Dispose();

    private byte[] Answer(HandshakeMessageType type, ReadOnlySpan<byte> body)
    {
        if (_step != Step.Answer)
            throw new InvalidOperationException("Nothing is to be answered: no code was proved, or it has been.");
        _step = Step.Over;
        return transcript.Write(type, body, _keys![HandshakeRole.Acceptor]);
    }
}
