using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Sessions;

/// <summary>Serves who joins by an invite: verifies, asks the invite book, keeps whom it trusts, then gives. No session comes of it.</summary>
internal sealed partial class JoinHost(NodeCore node)
{
    /// <exception cref="HandshakeException">It was refused, and told so.</exception>
    /// <exception cref="FirnException">This node cannot give what the invite says; it was told to come again.</exception>
    public async Task ServeAsync(HandshakeAcceptor stranger, byte[] join, Did did, Arrival arrival, HandshakeStream messages)
    {
        using var machine = stranger.ToJoining();
        byte[] answer;
        try
        {
            answer = await AnswerAsync(machine, join, did, arrival).ConfigureAwait(false);
        }
        catch (HandshakeException e)
        {
            await Handshaker.RefuseAsync(messages, machine.Refuse(e.Reason), arrival.Aborted).ConfigureAwait(false);
            throw;
        }
        catch (FirnException)
        {
            await Handshaker.RefuseAsync(messages, machine.Refuse(RefusalReason.Busy), arrival.Aborted).ConfigureAwait(false);
            throw;
        }

        try
        {
            await messages.SendAsync(answer, arrival.Aborted).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(answer);
        }
    }

    private async Task<byte[]> AnswerAsync(JoinAcceptor machine, byte[] bytes, Did did, Arrival arrival)
    {
        var join = Read(machine, bytes, arrival.Pending.Source);
        arrival.OnProved();
        var self = node.Setup.Handshake;
        if (self.Admission.WhyRotated(did) is { } why)
            throw new HandshakeException(RefusalCause.RetiredKey, RefusalReason.AuthenticationFailed, $"{join.Name} proves the code of invite {join.Invite}, but {why}");

        var (decision, gifts) = node.Invites.OnProved(join.Invite, did);
        if (decision != JoinDecision.Welcome)
            throw IsOver(decision, $"{join.Name} ({did}) proves the code of invite {join.Invite}, which");

        var offer = new JoinOffer(self.Cluster, self.Name, self.Admission.Mode, gifts);
        if (!join.Takes)
            return machine.Offer(offer);

        var cookie = gifts.HasFlag(InviteGifts.Cookie) ? self.Admission.Keyring![0] : null;
        if (cookie is { IsPassphrase: true })
            throw IsOver(JoinDecision.Cancelled, $"The cookie has become a passphrase, so invite {join.Invite}");
        if (gifts.HasFlag(InviteGifts.Trust))
            await TrustAsync(did, join.Invite).ConfigureAwait(false);   // on the disk before it is told so
        LogJoined(node.Logger, join.Name, did, join.Invite, gifts);
        return machine.Grant(offer, cookie);
    }

    private JoinReceived Read(JoinAcceptor machine, byte[] join, Source source)
    {
        InviteId? named = null;
        try
        {
            return machine.ReadJoin(join, (id, version) =>
            {
                named = id;
                return node.Invites.KeysOf(id, version, source);
            });
        }
        catch (HandshakeException e) when (e.Cause == RefusalCause.WrongInvite && named is { } id)
        {
            if (node.Invites.OnWrongProof(id))
                node.Post(new RaiseWarning($"Invite {id} is cancelled: its code was guessed at {InviteBook.MaxWrongProofs} times. If it is still wanted, make another one."));
            throw;
        }
    }

    private Task<int> TrustAsync(Did did, InviteId invite)
    {
        var entry = new TrustEntry(did, null, $"joined by invite {invite}", node.Clock.Wall);
        return node.Admission.ChangeTrustAsync(list => list.Find(did) is null ? list.With(entry) : list);
    }

    private static HandshakeException IsOver(JoinDecision decision, string what)
    {
        var (reason, why) = decision switch
        {
            JoinDecision.Expired => (RefusalReason.InviteExpired, "has expired"),
            JoinDecision.Used => (RefusalReason.InviteUsed, "is used up"),
            _ => (RefusalReason.InviteCancelled, "is cancelled"),
        };
        return new HandshakeException(RefusalCause.InviteOver, reason, $"{what} {why}.");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} ({Did}) joined by invite {Invite} and was given: {Gifts}")]
    private static partial void LogJoined(ILogger logger, NodeName name, Did did, InviteId invite, InviteGifts gifts);
}
