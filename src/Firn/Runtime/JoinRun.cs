using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Sessions;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>
/// One question to an inviter: its addresses are raced as those of a dial are, and the code of the invite is proved over one connection at a
/// time, to the inviter's key alone. A question may be asked twice: the invite stays with who has proved its code.
/// </summary>
/// <param name="joiner">Who asks.</param>
/// <param name="invite">The invite; borrowed.</param>
/// <param name="takes">Whether to take what is offered, or only to look.</param>
/// <param name="read">Reads the answer.</param>
/// <param name="cancellationToken">Ends it.</param>
internal sealed class JoinRun<T>(
    Joiner joiner, InviteLine invite, bool takes, Func<JoinInitiator, byte[], T> read, CancellationToken cancellationToken) : IDisposable
{
    private RaceDriver? _driver;
    private (NodeAddress At, T Answer)? _found;

    /// <summary>The answer, and at which of <paramref name="addresses"/> it was given.</summary>
    /// <exception cref="FirnException">Nobody was met at any of them, or the inviter refused.</exception>
    public async Task<(NodeAddress At, T Answer)> RaceAsync(IEnumerable<NodeAddress> addresses)
    {
        var clock = new NodeClock(joiner.Time);
        var dial = new StartDial(Link: 0, [.. addresses.Select(static address => new DirectWay(address))], DemandedDid: invite.Inviter);
        var race = new DialRace(dial, joiner.Transports.IsName, new RaceLimits(), clock.Now);
        _driver = new RaceDriver(race, clock, joiner.Resolve, TryAsync, cancellationToken);
        await _driver.RunAsync().ConfigureAwait(false);
        if (_found is { } found)
            return found;

        cancellationToken.ThrowIfCancellationRequested();
        var outcome = race.Outcome;
        throw new FirnException(
            outcome.Reason,
            outcome.IsRefused ? outcome.Message : $"the inviter, {invite.Inviter}, was not met: {string.Join(' ', race.Failures)}")
        {
            Ways = race.Failures,
        };
    }

    public void Dispose() => _driver?.Dispose();

    private async Task TryAsync(int run, DialWay way, CancellationToken cancelled)
    {
        var stage = RaceStage.Connecting;
        try
        {
            var direct = (DirectWay)way;
            var link = await joiner.Transports.DialAsync(direct, joiner.Leaf, cancelled).ConfigureAwait(false);
            await using (link.ConfigureAwait(false))
            {
                stage = RaceStage.Greeting;
                var messages = new HandshakeStream(link.Stream);
                byte[] challenge = await messages.ReceiveAsync(cancelled).ConfigureAwait(false);
                using var machine = MachineOver(link);
                byte[] join = machine.ReadChallenge(challenge);
                if (!await _driver!.AnsweredAsync(run, invite.Inviter).ConfigureAwait(false))
                    return;   // another way is ahead

                stage = RaceStage.Proving;
                await messages.SendAsync(join, cancelled).ConfigureAwait(false);
                byte[] answer = await messages.ReceiveAsync(cancelled).ConfigureAwait(false);
                try
                {
                    if (!await _driver.DecidingAsync(run).ConfigureAwait(false))
                        return;   // it came too late
                    _found = (direct.Address, read(machine, answer));
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(answer);
                }

                _driver.Won(run);
            }
        }
        catch (Exception e) when (Handshaker.IsFailure(e))
        {
            // Of what was cancelled the race hears no more.
            if (!cancelled.IsCancellationRequested)
                _driver!.Failed(run, Describe(e, stage, way));
        }
    }

    private JoinInitiator MachineOver(ILink link)
    {
        var check = LeafVerifier.Verify(link.Remote.LeafDer.Span, link.Remote.ExtraCertificates, joiner.Time.GetUtcNow());
        var leaf = check.Leaf ?? throw new FirnException(FailureReason.WrongPeer, check.Sentence);
        return new JoinInitiator(joiner.Self, link.Local.Der, leaf, RandomNumberGenerator.GetBytes(32), invite, takes);
    }

    private RaceFailure Describe(Exception e, RaceStage stage, DialWay way)
    {
        switch (e)
        {
            case HandshakeException h:
                string hint = h.Cause == RefusalCause.ProofRefused && invite.SeemsExpired(joiner.Time.GetUtcNow())
                    ? $" By this machine's clock it expired at {invite.ExpiresAt:u}." : "";
                return new RaceFailure(stage, h.Failure, $"{way}: {h.Message}{hint}") { IsRefused = stage == RaceStage.Proving };
            case FirnException f:
                return new RaceFailure(stage, f.Reason, f.Message);
            default:
                return new RaceFailure(stage, FailureReason.ConnectionLost, $"{way}: the connection broke while joining: {e.Message}");
        }
    }
}
