using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>
/// The joiner's end: ReadChallenge (which makes the Join), then ReadOffer if it only looks, or ReadGrant. It tells nothing to a node that
/// is not the inviter, and believes nothing that the inviter has not proved.
/// </summary>
/// <param name="self">Who joins.</param>
/// <param name="localLeaf">Its leaf on this connection.</param>
/// <param name="remote">The leaf of the node at the other end.</param>
/// <param name="nonce32">32 random bytes.</param>
/// <param name="invite">The invite; borrowed.</param>
/// <param name="takes">Whether to take what is offered, or only to look.</param>
internal sealed class JoinInitiator(
    JoinIdentity self, ReadOnlyMemory<byte> localLeaf, VerifiedLeaf remote, ReadOnlySpan<byte> nonce32, InviteLine invite, bool takes) : IDisposable
{
    private readonly HandshakeTranscript _transcript = new(localLeaf.Span, remote.Der.Span);
    private readonly byte[] _nonce = nonce32.Length == WireFields.NonceLength
        ? nonce32.ToArray()
        : throw new ArgumentException("A nonce has 32 random bytes.", nameof(nonce32));

    private HandshakeKeys? _keys;
    private Step _step;

    private enum Step
    {
        Challenge,
        Answer,
        Over,
    }

    /// <summary>Reads the Challenge and returns the Join.</summary>
    /// <exception cref="HandshakeException">Refused by either end.</exception>
    public byte[] ReadChallenge(ReadOnlySpan<byte> bytes)
    {
        Begin(Step.Challenge);
        var message = Receive(bytes, HandshakeMessageType.Challenge);
        if (message.HasMac)
            throw HandshakeException.Malformed("The peer's Challenge bears a MAC, though nothing is proved yet.");
        var challenge = WireFields.Parse(Challenge.Parser, message);
        var theirs = new VersionRange(challenge.MinVersion, challenge.MaxVersion);
        uint version = self.Versions.HighestCommon(theirs) ?? throw new HandshakeException(
            RefusalCause.VersionUnsupported,
            RefusalReason.VersionUnsupported,
            $"The inviter speaks version {theirs} of the protocol, this machine version {self.Versions}: update the older one.");
        if (WireFields.Nonce(challenge.Nonce).AsSpan().SequenceEqual(_nonce))
            throw new HandshakeException(RefusalCause.Reflected, RefusalReason.AuthenticationFailed, "The peer sent this node's own nonce back.");
        if (remote.Did != invite.Inviter)
            throw new HandshakeException(RefusalCause.WrongPeer, RefusalReason.WrongPeer, $"The invite is {invite.Inviter}'s, but {remote.Did} lives at this address.");
        if (remote.Did == self.Did)
            throw new HandshakeException(RefusalCause.OwnIdentity, RefusalReason.Self, "The invite is this node's own: join on another machine, or with another home.");

        _transcript.Absorb(message);
        _keys = new HandshakeKeys(invite.Code, version);
        var join = new Join
        {
            Version = version,
            Nonce = ByteString.CopyFrom(_nonce),
            Invite = ByteString.CopyFrom(invite.Id.ToBytes()),
            Name = self.Name.ToString(),
            Take = takes,
        };
        _step = Step.Answer;
        return _transcript.Write(HandshakeMessageType.Join, join.ToByteArray(), _keys[HandshakeRole.Initiator]);
    }

    /// <exception cref="HandshakeException">Refused by either end.</exception>
    public JoinOffer ReadOffer(ReadOnlySpan<byte> bytes)
    {
        var message = ReadAnswer(bytes, HandshakeMessageType.Offer, isDue: !takes);
        return Checked(JoinCodec.FromWire(WireFields.Parse(Offer.Parser, message)));
    }

    /// <exception cref="HandshakeException">Refused by either end; nothing was given.</exception>
    public JoinGrant ReadGrant(ReadOnlySpan<byte> bytes)
    {
        var grant = JoinCodec.ReadGrant(ReadAnswer(bytes, HandshakeMessageType.Grant, isDue: takes));
        Checked(grant.Offer);
        return grant;
    }

    public void Dispose()
    {
        _keys?.Dispose();
        _transcript.Dispose();
    }

    private HandshakeMessage ReadAnswer(ReadOnlySpan<byte> bytes, HandshakeMessageType due, bool isDue)
    {
        if (!isDue)
            throw new InvalidOperationException($"A {due} is not what was asked for.");
        Begin(Step.Answer);
        var message = Receive(bytes, due);
        return _transcript.Verify(message, HandshakeRole.Acceptor, _keys!) >= 0 ? message : throw Altered(message.Type);
    }

    private void Begin(Step step)
    {
        if (_step != step)
            throw new InvalidOperationException($"{step} is not due in this joining: {_step} is.");
        _step = Step.Over;
    }

    private HandshakeMessage Receive(ReadOnlySpan<byte> bytes, HandshakeMessageType due)
    {
        var message = HandshakeMessage.Read(bytes);
        if (message.Type == HandshakeMessageType.Refusal)
            throw Refused(message);
        return message.Type == due ? message : throw new HandshakeException(
            RefusalCause.OutOfOrder, RefusalReason.ProtocolError, $"The peer sent a {message.Type}: expected a {due}.");
    }

    /// <summary>Why an invite is over is believed under the MAC alone; without one, anything may be the cause.</summary>
    private HandshakeException Refused(HandshakeMessage message)
    {
        if (message.HasMac && (_keys is null || _transcript.Verify(message, HandshakeRole.Acceptor, _keys) < 0))
            return Altered(message.Type);

        var refusal = WireFields.Parse(Refusal.Parser, message);
        return !message.HasMac && refusal.Reason is not (RefusalReason.VersionUnsupported or RefusalReason.Busy or RefusalReason.ShuttingDown)
            ? new HandshakeException(RefusalCause.ProofRefused, RefusalReason.AuthenticationFailed,
                "The inviter does not take this invite: it was cancelled, has expired long ago, or went with a restart of that node; or the line was altered, or somebody relays the connection. Ask for another one.")
            : new HandshakeException(RefusalCause.RefusedByPeer, refusal.Reason, RefusalSentence.OfInvite(refusal, self.Versions), isProved: message.HasMac);
    }

    private JoinOffer Checked(JoinOffer offer) => offer.Gifts == invite.Gifts
        ? offer
        : throw HandshakeException.Malformed($"The inviter offers {offer.Gifts.Describe()}, the invite says {invite.Gifts.Describe()}: somebody altered it.");

    private static HandshakeException Altered(HandshakeMessageType type) => new(
        RefusalCause.Altered, RefusalReason.AuthenticationFailed,
        $"The inviter's {type} does not bear its MAC: it does not know the code of this invite, or somebody relays the connection.");
}

/// <summary>Who joins: the name and key of the node that will be the peer.</summary>
internal sealed record JoinIdentity(NodeName Name, Did Did, VersionRange Versions);
