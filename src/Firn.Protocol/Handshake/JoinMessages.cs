namespace Firn.Protocol;

/// <summary>What a verified Join says.</summary>
/// <param name="Invite">Which invite; its code was proved.</param>
/// <param name="Name">The joiner's name.</param>
/// <param name="Takes">Whether it takes what is offered, or only looks.</param>
internal sealed record JoinReceived(InviteId Invite, NodeName Name, bool Takes);

/// <summary>What an inviter offers, for a person to judge.</summary>
/// <param name="Cluster">The inviter's cluster.</param>
/// <param name="Name">The inviter's name.</param>
/// <param name="Admission">How it admits.</param>
/// <param name="Gifts">What the invite gives.</param>
internal sealed record JoinOffer(string Cluster, NodeName Name, AdmissionMode Admission, InviteGifts Gifts);

/// <summary>What an inviter gave: what it offers, and the cookie, if that is among it, for the caller to dispose of.</summary>
internal sealed record JoinGrant(JoinOffer Offer, CookieKey? Cookie);
