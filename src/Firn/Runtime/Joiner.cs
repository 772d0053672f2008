using Firn.Identity;
using Firn.Protocol;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>
/// Joins by an invite: looks at what is offered, for a person to judge, and takes it on a second connection, so that no deadline of the
/// wire includes the person's answer. Each ends within 10 seconds.
/// </summary>
internal sealed class Joiner(JoinIdentity self, NodeCredentials credentials, IReadOnlyList<ITransport> transports, TimeProvider time)
{
    public JoinIdentity Self => self;

    public IReadOnlyList<ITransport> Transports => transports;

    public TimeProvider Time => time;

    /// <summary>How names in an invite are looked up.</summary>
    public NameResolver Resolve { get; init; } = SystemNames.ResolveAsync;

    /// <summary>The leaf of a connection that begins now.</summary>
    public LeafCredential Leaf => credentials.For(time.GetUtcNow());

    /// <summary>What is offered, and at which of the invite's addresses; the first that leads to the inviter.</summary>
    /// <exception cref="FirnException">Nobody was met at any address, or the inviter refused.</exception>
    public async Task<(NodeAddress At, JoinOffer Offer)> LookAsync(InviteLine invite, CancellationToken cancellationToken)
    {
        using var run = new JoinRun<JoinOffer>(this, invite, takes: false, static (machine, answer) => machine.ReadOffer(answer), cancellationToken);
        return await run.RaceAsync(invite.Addresses).ConfigureAwait(false);
    }

    /// <summary>Takes what is offered; the cookie in it is the caller's to dispose of.</summary>
    /// <exception cref="FirnException">The inviter was not met, refused, or offers something else than <paramref name="seen"/>.</exception>
    public async Task<JoinGrant> TakeAsync(InviteLine invite, NodeAddress at, JoinOffer seen, CancellationToken cancellationToken)
    {
        using var run = new JoinRun<JoinGrant>(this, invite, takes: true, static (machine, answer) => machine.ReadGrant(answer), cancellationToken);
        var (_, grant) = await run.RaceAsync([at]).ConfigureAwait(false);
        if (grant.Offer == seen)
            return grant;

        grant.Cookie?.Dispose();
        throw new FirnException(FailureReason.WrongPeer, "what the inviter gives is not what it offered before: nothing was taken. Join again");
    }
}
