using Firn.Protocol.Tests.Handshake;

namespace Firn.Protocol.Tests.Invites;

/// <summary>One joining between two machines, with somebody in between who may change each of its three messages.</summary>
internal sealed class Joining : IDisposable
{
    public static readonly InviteId Id = new(7);

    private readonly HandshakeAcceptor _stranger;
    private readonly JoinInitiator _joiner;
    private readonly InviteLine _line;
    private readonly bool _takes;

    /// <param name="joiner">Who joins.</param>
    /// <param name="inviter">Whose invite it is.</param>
    /// <param name="takes">Whether it takes or looks.</param>
    /// <param name="seenByJoiner">The leaf at the other end of its TLS; the inviter's own unless somebody is in between.</param>
    /// <param name="seenByInviter">The same of the inviter.</param>
    /// <param name="code">The code in the line; that of the invite unless given.</param>
    /// <param name="named">Whose DID the line names; the inviter's unless given.</param>
    /// <param name="nonce">The joiner's.</param>
    public Joining(
        TestNode joiner, TestNode inviter, bool takes = true, VerifiedLeaf? seenByJoiner = null, VerifiedLeaf? seenByInviter = null,
        byte code = 1, Did? named = null, byte nonce = 0xA1)
    {
        using var written = InviteBookTests.NewCode(code);
        _line = InviteLine.Parse(InviteLine.Write(
            InviteGifts.Cookie | InviteGifts.Trust, named ?? inviter.Did, Id, written, TestNode.Now.AddHours(1), [NodeAddress.Parse("beta:1")]));
        _takes = takes;
        _stranger = inviter.Accept(seenByInviter ?? joiner.Leaf);
        _joiner = new JoinInitiator(
            new JoinIdentity(joiner.Context.Name, joiner.Did, joiner.Context.Versions), joiner.Leaf.Der, seenByJoiner ?? inviter.Leaf,
            TestNode.NonceOf(nonce), _line, takes);
        Offer = new JoinOffer("default", inviter.Context.Name, AdmissionMode.Both, InviteGifts.Cookie | InviteGifts.Trust);
    }

    /// <summary>What the inviter offers.</summary>
    public JoinOffer Offer { get; set; }

    /// <summary>The cookie that it gives.</summary>
    public CookieKey Cookie { get; } = TestNode.Key(0xCC);

    /// <summary>Why the inviter refuses after the proof, if it does.</summary>
    public Wire.RefusalReason? Refuses { get; set; }

    public List<byte[]> Sent { get; } = [];

    /// <summary>What the inviter has verified.</summary>
    public JoinReceived? Join { get; private set; }

    public JoinOffer? Seen { get; private set; }

    public JoinGrant? Granted { get; private set; }

    /// <summary>The message that failed, and how.</summary>
    public (int Message, HandshakeException Failure)? Failed { get; private set; }

    /// <summary>What the joiner makes of the refusal that its failure brings.</summary>
    public HandshakeException? Told { get; private set; }

    public Joining Run(Func<int, byte[], byte[]>? change = null, byte invitesCode = 1)
    {
        int index = -1;
        JoinAcceptor? inviter = null;
        byte[] Pass(byte[] message)
        {
            index++;
            Sent.Add([.. message]);
            return change is null ? message : change(index, [.. message]);
        }

        try
        {
            byte[] join = Pass(_joiner.ReadChallenge(Pass(_stranger.Challenge())));
            inviter = _stranger.ToJoining();
            Join = inviter.ReadJoin(join, (_, version) =>
            {
                using var code = InviteBookTests.NewCode(invitesCode);
                return new HandshakeKeys(code, version);
            });
            if (Refuses is { } reason)
                _joiner.ReadOfferOrGrant(Pass(inviter.Refuse(reason)), _takes);
            else if (_takes)
                Granted = _joiner.ReadGrant(Pass(inviter.Grant(Offer, Offer.Gifts.HasFlag(InviteGifts.Cookie) ? Cookie : null)));
            else
                Seen = _joiner.ReadOffer(Pass(inviter.Offer(Offer)));
        }
        catch (HandshakeException failure)
        {
            Failed = (index, failure);
            if (index == 1 && inviter is not null)
                Told = Should.Throw<HandshakeException>(() => _joiner.ReadOfferOrGrant(inviter.Refuse(failure.Reason), _takes));
        }
        finally
        {
            inviter?.Dispose();
        }

        return this;
    }

    public void Dispose()
    {
        _joiner.Dispose();
        _stranger.Dispose();
        _line.Dispose();
        Cookie.Dispose();
        Granted?.Cookie?.Dispose();
    }
}

internal static class JoinInitiatorExtensions
{
    public static void ReadOfferOrGrant(this JoinInitiator joiner, byte[] answer, bool takes)
    {
        if (takes)
            joiner.ReadGrant(answer);
        else
            joiner.ReadOffer(answer);
    }
}
