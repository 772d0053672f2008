using Firn.Identity;
using Firn.Protocol;
using Firn.Runtime;

namespace Firn.AspNetCore;

/// <summary>Invites that this node makes, and joining by those of others.</summary>
internal sealed partial class ControlledNode
{
    public InviteBody Invite(NewInviteBody request)
    {
        if (request.ExpiresMs is not (>= 1_000 and <= 86_400_000))
            throw new FirnException(FailureReason.InvalidInput, "an invite lasts 1 s to 24 h");
        var addresses = (request.Addresses ?? []).Select(NodeAddress.Parse).ToList();
        var made = node.Core.Invites.Create(request.Uses, TimeSpan.FromMilliseconds(request.ExpiresMs), request.TrustOnly, addresses);
        return Describe(made.State) with { Line = made.Line };
    }

    public IReadOnlyList<InviteBody> Invites() => [.. node.Core.Invites.List().Select(Describe)];

    public InviteBody CancelInvite(string id) => Describe(node.Core.Invites.Cancel(id));

    public async Task<JoinOfferBody> JoinAsync(JoinBody request, CancellationToken cancellationToken)
    {
        using var invite = InviteLine.Parse(request.Line ?? "");
        var setup = node.Core.Setup;
        if (invite.Gifts.HasFlag(InviteGifts.Cookie))
        {
            throw new FirnException(
                FailureReason.InvalidInput,
                $"{node.Self.Name} runs here, and the invite gives a cookie: a node's cookie is never overwritten. Join with another home: FIRN_HOME=DIR firn join");
        }

        JoinedHome.Check(setup.Handshake.Admission.Rotations, invite);
        var joiner = new Joiner(
            new JoinIdentity(setup.Self.Name, setup.Self.Did, setup.Handshake.Versions), setup.Credentials, setup.Transports, node.Core.Clock.Time)
        {
            Resolve = setup.Options.Resolve,
        };
        var (at, offer) = await joiner.LookAsync(invite, cancellationToken).ConfigureAwait(false);
        CheckGoesWith(offer);
        if (!request.Take)
            return JoinOfferBody.Of(invite, at, offer, isJoined: false);

        (await joiner.TakeAsync(invite, at, offer, cancellationToken).ConfigureAwait(false)).Cookie?.Dispose();
        await node.Core.Admission.ChangeTrustAsync(list => JoinedHome.Trusting(list, invite, offer, node.Core.Clock.Wall)).ConfigureAwait(false);
        await node.ConnectAsync(at, cancellationToken).ConfigureAwait(false);
        return JoinOfferBody.Of(invite, at, offer, isJoined: true);
    }

    /// <summary>Whether the two would be peers then; asked before anything is taken.</summary>
    private void CheckGoesWith(JoinOffer offer)
    {
        if (offer.Cluster != node.Self.Cluster)
        {
            throw new FirnException(
                FailureReason.ClusterDiffers,
                $"{offer.Name} belongs to cluster \"{offer.Cluster}\", {node.Self.Name} to \"{node.Self.Cluster}\": start it with --cluster {offer.Cluster}");
        }

        if (!node.Admission.GoesWith(offer.Admission.ToWire()))
        {
            throw new FirnException(
                FailureReason.AdmissionDiffers,
                $"{offer.Name} admits {((AdmissionMode?)offer.Admission).Describe()}, {node.Self.Name} {((AdmissionMode?)node.Admission).Describe()}: "
                + "start both with the same --admit");
        }
    }

    private static InviteBody Describe(InviteState invite) => new(
        invite.Id.ToString(),
        invite.Over == JoinDecision.Welcome ? "open" : ControlJson.Spell(invite.Over),
        invite.Uses,
        [.. invite.UsedBy.Select(did => did.ToString())],
        invite.ExpiresAt.UtcDateTime,
        invite.Gifts.HasFlag(InviteGifts.Cookie),
        invite.Gifts.HasFlag(InviteGifts.Trust));
}
