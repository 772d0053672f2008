using System.Text.Json.Serialization;
using Firn.Protocol;

namespace Firn.AspNetCore;

/// <summary>Asks for an invite, for so many nodes and so long; with the addresses in it, or those that the node listens on.</summary>
internal sealed record NewInviteBody(int Uses = 1, double ExpiresMs = 3_600_000, bool TrustOnly = false, IReadOnlyList<string>? Addresses = null);

/// <summary>
/// An invite: what it gives, how many nodes it is for, which have proved its code, and its state: <c>open</c>, <c>used</c>,
/// <c>expired</c> or <c>cancelled</c>. The line is in the answer to who made it, and never again.
/// </summary>
internal sealed record InviteBody(
    string Id, string State, int Uses, IReadOnlyList<string> UsedBy, DateTime ExpiresAt, bool GivesCookie, bool GivesTrust)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Line { get; init; }
}

/// <summary>Names an invite.</summary>
internal sealed record InviteIdBody(string? Id);

/// <summary>Joins by an invite; only looks at what it offers unless told to take it.</summary>
internal sealed record JoinBody(string? Line, bool Take = false);

/// <summary>What an invite offers, by whom and where it was met; and whether it was taken.</summary>
internal sealed record JoinOfferBody(
    string Address, string Name, string Did, string Fingerprint, string Cluster, string Admission, bool GivesCookie, bool GivesTrust, bool Joined)
{
    public static JoinOfferBody Of(InviteLine invite, NodeAddress at, JoinOffer offer, bool isJoined) => new(
        at.ToString(),
        offer.Name.ToString(),
        invite.Inviter.ToString(),
        DidFingerprint.Of(invite.Inviter),
        offer.Cluster,
        ControlJson.Spell(offer.Admission),
        offer.Gifts.HasFlag(InviteGifts.Cookie),
        offer.Gifts.HasFlag(InviteGifts.Trust),
        isJoined);
}
