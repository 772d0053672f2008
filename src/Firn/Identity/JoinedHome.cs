using Firn.Protocol;

namespace Firn.Identity;

/// <summary>What a home keeps of a joining: a cookie that it did not have, and whom it trusts.</summary>
internal static class JoinedHome
{
    /// <summary>
    /// Whether an invite can be taken: it never overwrites a cookie, and its inviter's key must be in force. Asked before anything is told to anybody.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: it cannot.</exception>
    public static void Check(FirnHome home, InviteLine invite)
    {
        Check(home.Rotations.Read(), invite);
        if (!invite.Gifts.HasFlag(InviteGifts.Cookie) || !File.Exists(home.CookiePath))
            return;
        throw NodeDirectory.List(home).Any(name => IdentityCard.TryRead(NodeDirectory.Of(home, name))?.Did == invite.Inviter)
            ? new FirnException(FailureReason.InvalidInput, $"the invite is of a node of this home, {home.Path}, which has its cookie: join on another machine, or with another home, FIRN_HOME=DIR firn join")
            : HasCookie(home);
    }

    /// <summary>Whether the inviter's key is in force, as far as is known here: whoever has an old copy of a key can make invites with it.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: it was rotated, or is frozen.</exception>
    public static void Check(RotationTable rotations, InviteLine invite)
    {
        if (RotationSentence.WhyRefused(invite.Inviter, rotations) is { } why)
            throw new FirnException(FailureReason.InvalidInput, $"not joined, since the inviter's key is not in force: {why}");
    }

    /// <summary>Keeps what was given, the cookie first: without it the rest is worth nothing.</summary>
    /// <exception cref="FirnException">There is a cookie by now, or a file cannot be written.</exception>
    public static void Keep(FirnHome home, InviteLine invite, JoinGrant grant, DateTimeOffset now)
    {
        if (grant.Cookie is { } cookie && !home.Cookies.TryAdopt(cookie))
            throw HasCookie(home);
        if (grant.Offer.Gifts.HasFlag(InviteGifts.Trust))
            home.Trust.Change(list => Trusting(list, invite, grant.Offer, now));
    }

    /// <summary>With the inviter, who keeps the name and label that it has, if it is there already.</summary>
    public static TrustList Trusting(TrustList list, InviteLine invite, JoinOffer offer, DateTimeOffset now) =>
        list.Find(invite.Inviter) is null ? list.With(new TrustEntry(invite.Inviter, null, LabelOf(offer.Name), now)) : list;

    private static string LabelOf(NodeName inviter)
    {
        string label = $"invited this node as {inviter}";
        return label.Length <= TrustEntry.MaxLabel ? label : label[..TrustEntry.MaxLabel];
    }

    private static FirnException HasCookie(FirnHome home) => new(
        FailureReason.InvalidInput,
        $"{home.CookiePath} holds a cookie already, which is never overwritten: join with another home, FIRN_HOME=DIR firn join, "
        + "and start the node with it too; or remove the cookie, if nobody needs it");
}
