using System.Diagnostics;
using System.Security.Authentication;
using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;
using Firn.Telemetry;
using Firn.Transports;

namespace Firn.Sessions;

/// <summary>
/// Drives the handshake machines over a link, for both roles: reads and writes, verifies the leaf, asks the rules, and starts the
/// session. Whatever is not a proper answer in time ends in refusal.
/// </summary>
internal sealed class Handshaker(NodeCore node)
{
    private readonly RefusalReports _refusals = new(node);
    private readonly KnownLeaves _leaves = new();
    private readonly JoinHost _joins = new(node);

    /// <summary>Serves a stranger until it is a session, or refused. Never throws: nobody waits for an arrival.</summary>
    public async Task AcceptAsync(Arrival arrival)
    {
        using var activity = FirnTelemetry.Activities.StartActivity("firn.accept", ActivityKind.Server);
        string source = arrival.Pending.Source.ToString();
        ILink? link = null;
        bool isSession = false;
        try
        {
            link = await arrival.Pending.SecureAsync(node.Setup.Credentials.For(node.Clock.Wall), arrival.Aborted).ConfigureAwait(false);
            isSession = await AcceptAsync(arrival, link).ConfigureAwait(false);
            node.Telemetry.HandshakeEnded("acceptor", isSession ? "ok" : "joined");
        }
        catch (Exception e) when (arrival.Dropped != StrangerDrop.None && IsFailure(e))
        {
            var why = arrival.Dropped == StrangerDrop.HandshakeTooLong
                ? "it did not finish its handshake in 10 s"
                : "its source holds more than its share of the handshakes, and others wait";
            Refused(source, FailureReason.TimedOut, why, arrival.Dropped.ToString(), activity);
        }
        catch (HandshakeException e) when (IsYielding(e))
        {
            node.Telemetry.HandshakeEnded("acceptor", "yielded");
        }
        catch (HandshakeException e)
        {
            Refused(source, e.Failure, e.Message, e.Cause.ToString(), activity);
        }
        catch (FirnException e)
        {
            Refused(source, e.Reason, e.Message, e.Reason.ToString(), activity);
        }
        catch (Exception e) when (IsFailure(e))
        {
            Refused(source, FailureReason.ConnectionLost, $"the connection broke during the handshake: {e.Message}", "ConnectionLost", activity);
        }
        finally
        {
            if (!isSession && link is not null)
                await link.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Learns who answers over <paramref name="link"/>, which this node dialled by <paramref name="way"/>, and that it is who was meant, as far as its
    /// key goes. Nothing is told to it yet.
    /// </summary>
    /// <exception cref="HandshakeException">Either end refused.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<Greeting> GreetAsync(ILink link, StartDial dial, DialWay way, CancellationToken cancellationToken)
    {
        // The leaf is checked while the Challenge is on its way, and refused after it: bytes left unread would turn the refusal into a reset.
        var messages = new HandshakeStream(link.Stream);
        var check = _leaves.Verify(link.Remote, node.Clock.Wall);
        var challenge = await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        var leaf = await RequireAsync(check, messages, cancellationToken).ConfigureAwait(false);
        var machine = new HandshakeInitiator(
            node.Setup.Handshake, link.Local.Der, leaf, RandomNumberGenerator.GetBytes(32), dial.NameAt(way), dial.DidThere, dial.Cookie);
        try
        {
            return new Greeting(link, leaf, machine, machine.ReadChallenge(challenge));
        }
        catch (HandshakeException e)
        {
            await GiveUpAsync(machine, leaf, messages, e, cancellationToken).ConfigureAwait(false);
            machine.Dispose();
            throw;
        }
    }

    /// <summary>Parts with who answered, because another way was faster: no refusal, and nothing that its log need tell.</summary>
    public static Task PartAsync(Greeting greeting, CancellationToken cancellationToken) =>
        RefuseAsync(greeting.Messages, greeting.Machine.Refuse(RefusalReason.Duplicate), cancellationToken);

    /// <summary>Makes a session with who answered. False when another session with that peer is to be used.</summary>
    /// <param name="greeting">Who answered.</param>
    /// <param name="dial">What it is for.</param>
    /// <param name="mayDecide">Asked before the rules are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HandshakeException">Either end refused.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">It must not decide any more, or was cancelled.</exception>
    public async Task<bool> ProveAsync(Greeting greeting, StartDial dial, Func<Task<bool>> mayDecide, CancellationToken cancellationToken)
    {
        var (link, leaf, machine, messages) = (greeting.Link, greeting.Leaf, greeting.Machine, greeting.Messages);
        try
        {
            long proved = node.Decide((rules, _) => rules.Peers.Moment);
            await messages.SendAsync(greeting.Proof, cancellationToken).ConfigureAwait(false);
            var verdict = machine.ReadVerdict(await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false));

            await FollowAsync(machine.Rotations, new PeerKey(leaf.Did, verdict.Name)).WaitAsync(cancellationToken).ConfigureAwait(false);

            if (!await mayDecide().ConfigureAwait(false))
                throw new OperationCanceledException("Another way is tried by now.");

            var (peer, told) = (new PeerKey(leaf.Did, verdict.Name), node.Description);
            byte[] commit = [];
            SessionId id = default;
            node.Enter(dial.Link, link.Abort);
            var decision = node.Decide((rules, now) =>
            {
                // Decided and committed in one step, so that a Commit which crosses ours meets it.
                var decided = rules.OnVerdict(dial.Link, peer, machine.Cookie, verdict.Incarnation, verdict.Held, proved, now);
                if (decided.Refusal == RefusalReason.Unspecified)
                {
                    commit = machine.Commit(decided.Last, decided.Counter, told, out id);
                    rules.OnCommitSent(dial.Link, peer, machine.Cookie, verdict.Incarnation, id, decided, now);
                }

                return decided;
            });
            if (decision.Refusal == RefusalReason.Duplicate)
            {
                node.Leave(dial.Link);
                await RefuseAsync(messages, machine.Refuse(RefusalReason.Duplicate), cancellationToken).ConfigureAwait(false);
                return false;
            }

            if (decision.Refusal != RefusalReason.Unspecified)
                throw Refuses(peer, decision.Refusal);

            long committed = node.Clock.Time.GetTimestamp();
            await messages.SendAsync(commit, cancellationToken).ConfigureAwait(false);
            var answer = await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            var rtt = node.Clock.Time.GetElapsedTime(committed);
            var description = machine.ReadDescribe(answer);
            var terms = new SessionTerms(dial.Link, id, peer, machine.Cookie, verdict.Incarnation, description, Expiry(link, leaf), rtt);
            var session = node.CreateSession(terms, link, told);
            bool wins = node.Decide((rules, now) => rules.OnAccepted(dial.Link, now));
            _leaves.Remember(leaf);
            session.Start(ReadOnlyMemory<byte>.Empty);
            if (!wins)
                session.Close(EndReason.Goodbye, "another session with this peer has won");
            return true;
        }
        catch (HandshakeException e)
        {
            await GiveUpAsync(machine, leaf, messages, e, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>False when it was somebody who joined by an invite: then there is no session.</summary>
    private async Task<bool> AcceptAsync(Arrival arrival, ILink link)
    {
        var cancellationToken = arrival.Aborted;
        var messages = new HandshakeStream(link.Stream);
        var leaf = await RequireAsync(_leaves.Verify(link.Remote, node.Clock.Wall), messages, cancellationToken).ConfigureAwait(false);
        using var machine = new HandshakeAcceptor(node.Setup.Handshake, link.Local.Der, leaf, RandomNumberGenerator.GetBytes(32));
        try
        {
            await messages.SendAsync(machine.Challenge(), cancellationToken).ConfigureAwait(false);
            byte[] first = await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            if (HandshakeMessage.Is(first, HandshakeMessageType.Join))
            {
                await _joins.ServeAsync(machine, first, leaf.Did, arrival, messages).ConfigureAwait(false);
                return false;
            }

            var proof = machine.ReadProof(first);
            arrival.OnProved();

            var peer = new PeerKey(leaf.Did, proof.Name);
            await FollowAsync(machine.Rotations, peer).WaitAsync(cancellationToken).ConfigureAwait(false);
            var decision = node.Decide((rules, now) => rules.OnProof(peer, machine.Cookie, proof.Incarnation, now));
            if (decision.Refusal != RefusalReason.Unspecified)
                throw Refuses(peer, decision.Refusal);

            byte[] verdict = machine.Verdict(decision.Held);
            long proved = node.Clock.Time.GetTimestamp();
            await messages.SendAsync(verdict, cancellationToken).ConfigureAwait(false);
            var answer = await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            var rtt = node.Clock.Time.GetElapsedTime(proved);
            var commit = machine.ReadCommit(answer);
            var description = machine.ReadDescribe(await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false));

            long number = node.Decide((rules, _) => rules.NewLink());
            var terms = new SessionTerms(number, commit.Session, peer, machine.Cookie, proof.Incarnation, description, Expiry(link, leaf), rtt);
            var told = node.Description;
            var session = node.CreateSession(terms, link, told);
            var refusal = node.Decide((rules, now) =>
            {
                var answer = rules.OnCommit(number, peer, machine.Cookie, proof.Incarnation, commit.Session, commit.Last, commit.Counter, now);
                if (answer == RefusalReason.Unspecified)
                    arrival.Release();
                return answer;
            });
            if (refusal != RefusalReason.Unspecified)
            {
                node.Leave(number);
                throw Refuses(peer, refusal);
            }

            _leaves.Remember(leaf);
            session.Start(machine.Describe(told));
            return true;
        }
        catch (HandshakeException e)
        {
            await GiveUpAsync(machine, leaf, messages, e, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Takes up what the peer, who has proved itself, says of the keys before its own, if one of them matters here. It is on the disk
    /// before anything is decided by it.
    /// </summary>
    private async Task FollowAsync(RotationChain chain, PeerKey peer)
    {
        if (chain.IsEmpty || !node.Decide((rules, _) => rules.IsConcernedBy(chain)))
            return;
        if (!chain.IsGenuine)
            throw HandshakeMachine.FalseRotation(peer.Did);
        await node.Admission.FollowAsync(chain, peer.Name.ToString()).ConfigureAwait(false);
    }

    /// <summary>Two statements that contradict each other freeze a key, whoever brings the second: most likely one that is refused.</summary>
    private async Task FollowRefusedAsync(RotationChain chain, Did did)
    {
        if (!chain.IsKnownGenuine || !node.Decide((rules, _) => rules.IsConcernedBy(chain)))
            return;

        try
        {
            await node.Admission.FollowAsync(chain, did.ToString()).ConfigureAwait(false);
        }
        catch (FirnException e)
        {
            node.Post(new RaiseWarning($"The rotations that {did} told could not be kept: {e.Message}"));
        }
    }

    /// <summary>The last words of this end, where it is this end that refuses.</summary>
    private async Task GiveUpAsync(
        HandshakeMachine machine, VerifiedLeaf leaf, HandshakeStream messages, HandshakeException why, CancellationToken cancellationToken)
    {
        if (why.IsByPeer)
            return;

        await FollowRefusedAsync(machine.Rotations, leaf.Did).ConfigureAwait(false);
        await RefuseAsync(messages, machine.Refuse(why.Reason), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The leaf that was checked, if it is good, for both roles. The other end learns only that authentication failed.</summary>
    private static async Task<VerifiedLeaf> RequireAsync(LeafCheck check, HandshakeStream messages, CancellationToken cancellationToken)
    {
        if (check.Leaf is { } leaf)
            return leaf;

        await RefuseAsync(messages, HandshakeMachine.RefuseLeaf(), cancellationToken).ConfigureAwait(false);
        throw new FirnException(FailureReason.AuthenticationFailed, check.Sentence);
    }

    /// <summary>The last words to the other end. That it no longer listens is no news, and must not hide why it is refused.</summary>
    public static async Task RefuseAsync(HandshakeStream messages, byte[] refusal, CancellationToken cancellationToken)
    {
        try
        {
            await messages.SendAsync(refusal, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsFailure(e))
        {
            // It has left, or its time is over.
        }
    }

    /// <summary>Whether a handshake ended only because another session with the same peer is, or is about to be, there.</summary>
    public static bool IsYielding(HandshakeException e) => e.Reason is RefusalReason.Duplicate or RefusalReason.Simultaneous;

    /// <summary>What a connection does to whoever waits on it when it breaks or is given up.</summary>
    public static bool IsFailure(Exception e) => e is IOException or AuthenticationException or ObjectDisposedException
        or InvalidOperationException or OperationCanceledException or FirnException or HandshakeException;

    private static DateTimeOffset Expiry(ILink link, VerifiedLeaf leaf) =>
        link.Local.NotAfter < leaf.NotAfter ? link.Local.NotAfter : leaf.NotAfter;

    private HandshakeException Refuses(PeerKey peer, RefusalReason reason) =>
        new(RefusalCause.RefusedHere, reason, node.Decide((rules, now) => rules.Explain(peer, reason, now)));

    private void Refused(string source, FailureReason reason, string message, string result, Activity? activity)
    {
        activity?.SetStatus(ActivityStatusCode.Error, result);
        node.Telemetry.HandshakeEnded("acceptor", result);
        node.Telemetry.Refused("acceptor", reason);
        if (!node.IsStopping)
            _refusals.Report(source, reason, message);
    }
}
