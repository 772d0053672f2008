using System.Security.Cryptography;
using Firn.Identity;
using Firn.Protocol;
using Firn.Sessions;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>
/// Joins by an invite: looks at what is offered, for a person to judge, and takes it on a second connection, so that no deadline of the
/// wire includes the person's answer.
/// </summary>
internal sealed class Joiner(JoinIdentity self, NodeCredentials credentials, IReadOnlyList<ITransport> transports, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>What is offered, and at which of the invite's addresses; they are tried in order.</summary>
    /// <exception cref="FirnException">Nobody was met at any address, or the inviter refused.</exception>
    public async Task<(NodeAddress At, JoinOffer Offer)> LookAsync(InviteLine invite, CancellationToken cancellationToken)
    {
        var failures = new List<FirnException>();
        foreach (var address in invite.Addresses)
        {
            try
            {
                var offer = await AskAsync(invite, address, takes: false, static (machine, answer) => machine.ReadOffer(answer), cancellationToken)
                    .ConfigureAwait(false);
                return (address, offer);
            }
            catch (FirnException e) when (IsOfAddress(e))
            {
                failures.Add(e);
            }
        }

        throw new FirnException(
            failures[0].Reason, $"the inviter, {invite.Inviter}, was not met: {string.Join(" ", failures.Select(e => e.Message))}", failures[0]);
    }

    /// <summary>Takes what is offered; the cookie in it is the caller's to dispose of.</summary>
    /// <exception cref="FirnException">The inviter was not met, refused, or offers something else than <paramref name="seen"/>.</exception>
    public async Task<JoinGrant> TakeAsync(InviteLine invite, NodeAddress at, JoinOffer seen, CancellationToken cancellationToken)
    {
        var grant = await AskAsync(invite, at, takes: true, static (machine, answer) => machine.ReadGrant(answer), cancellationToken).ConfigureAwait(false);
        if (grant.Offer == seen)
            return grant;

        grant.Cookie?.Dispose();
        throw new FirnException(FailureReason.WrongPeer, "what the inviter gives is not what it offered before: nothing was taken. Join again");
    }

    private async Task<T> AskAsync<T>(
        InviteLine invite, NodeAddress at, bool takes, Func<JoinInitiator, byte[], T> read, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var transport = transports.FirstOrDefault(t => t.Scheme == at.Scheme)
                ?? throw new FirnException(FailureReason.Unreachable, $"{at}: this build of Firn does not dial {at.Scheme}.");
            var link = await transport.DialAsync(at, credentials.For(time.GetUtcNow()), limit.Token).ConfigureAwait(false);
            await using (link.ConfigureAwait(false))
                return await AskAsync(link, invite, takes, read, limit.Token).ConfigureAwait(false);
        }
        catch (HandshakeException e)
        {
            string hint = e.Cause == RefusalCause.ProofRefused && invite.SeemsExpired(time.GetUtcNow())
                ? $" By this machine's clock it expired at {invite.ExpiresAt:u}." : "";
            throw new FirnException(e.Failure, $"{at}: {e.Message}{hint}", e);
        }
        catch (Exception e) when (e is not FirnException && deadline.IsCancellationRequested && Handshaker.IsFailure(e))
        {
            throw new FirnException(FailureReason.TimedOut, $"{at} did not answer within {Deadline.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (e is not FirnException && !cancellationToken.IsCancellationRequested && Handshaker.IsFailure(e))
        {
            throw new FirnException(FailureReason.ConnectionLost, $"{at}: the connection broke while joining: {e.Message}", e);
        }
    }

    private async Task<T> AskAsync<T>(
        ILink link, InviteLine invite, bool takes, Func<JoinInitiator, byte[], T> read, CancellationToken cancellationToken)
    {
        var messages = new HandshakeStream(link.Stream);
        byte[] challenge = await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        var check = LeafVerifier.Verify(link.Remote.LeafDer.Span, link.Remote.ExtraCertificates, time.GetUtcNow());
        var leaf = check.Leaf ?? throw new FirnException(FailureReason.WrongPeer, check.Sentence);
        using var machine = new JoinInitiator(self, link.Local.Der, leaf, RandomNumberGenerator.GetBytes(32), invite, takes);
        await messages.SendAsync(machine.ReadChallenge(challenge), cancellationToken).ConfigureAwait(false);
        byte[] answer = await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return read(machine, answer);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(answer);
        }
    }

    /// <summary>Whether another address may do: it was not the inviter that refused.</summary>
    private static bool IsOfAddress(FirnException e) => e.Reason is FailureReason.Unreachable or FailureReason.TimedOut
        or FailureReason.NotFirn or FailureReason.ConnectionLost or FailureReason.WrongPeer or FailureReason.Unsupported;
}
