namespace Firn.Protocol;

/// <summary>What an invite gives to who joins by it.</summary>
[Flags]
internal enum InviteGifts
{
    None = 0,

    /// <summary>The cookie that the inviter proves with.</summary>
    Cookie = 1,

    /// <summary>An entry on the inviter's trust list; the joiner makes one for the inviter.</summary>
    Trust = 2,
}

/// <summary>What belongs to which admission, and how to say it.</summary>
internal static class InviteGiftsExtensions
{
    /// <summary>What makes a peer of a node that admits by <paramref name="mode"/>.</summary>
    /// <param name="mode">The inviter's.</param>
    /// <param name="trustOnly">Leave the cookie out: the joiner has it.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: nothing would be left.</exception>
    public static InviteGifts Of(AdmissionMode mode, bool trustOnly)
    {
        if (trustOnly && !mode.DemandsTrust())
        {
            throw new FirnException(
                FailureReason.InvalidInput,
                "this node admits by cookie, so a trust entry alone would let nobody in: invite without --trust-only, or start it with --admit trust or both");
        }

        return (mode.DemandsCookie() && !trustOnly ? InviteGifts.Cookie : InviteGifts.None)
            | (mode.DemandsTrust() ? InviteGifts.Trust : InviteGifts.None);
    }

    /// <summary>For people.</summary>
    public static string Describe(this InviteGifts gifts) => gifts switch
    {
        InviteGifts.Cookie => "the cookie",
        InviteGifts.Trust => "mutual trust",
        InviteGifts.Cookie | InviteGifts.Trust => "the cookie and mutual trust",
        _ => "nothing",
    };
}
