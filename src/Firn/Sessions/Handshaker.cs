using System.Diagnostics;
using System.Security.Authentication;
using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;
using Firn.Telemetry;
using Firn.Transports;
using Microsoft.Extensions.Logging;

namespace Firn.Sessions;

/// <summary>
/// Drives the handshake machines over a link, for both roles: reads and writes, verifies the leaf, asks the rules, and starts the
/// session. Whatever is not a proper answer in time ends in refusal.
/// </summary>
internal sealed partial class Handshaker(NodeCore node)
{
    private readonly ILogger _logger = node.Logger;

    /// <summary>Serves a stranger until it is a session, or refused. Never throws: nobody waits for a arrival.</summary>
    public async Task AcceptAsync(Arrival arrival)
    {
        using var activity = FirnTelemetry.Activities.StartActivity("firn.accept", ActivityKind.Server);
        string source = arrival.Pending.Source.ToString();
        ILink? link = null;
        bool isSession = false;
        try
        {
            link = await arrival.Pending.SecureAsync(node.Setup.Credentials.Current, arrival.Aborted).ConfigureAwait(false);
            isSession = await AcceptAsync(arrival, link).ConfigureAwait(false);
            node.Telemetry.HandshakeEnded("acceptor", isSession ? "ok" : "yielded");
        }
        catch (HandshakeException e) when (e.Reason is RefusalReason.Duplicate or RefusalReason.Simultaneous)
        {
            node.Telemetry.HandshakeEnded("acceptor", "yielded");
        }
        catch (HandshakeException e)
        {
            Refused(source, e.Failure, $"{e.Message}", e.Cause.ToString(), activity);
        }
        catch (FirnException e)
        {
            Refused(source, e.Reason, e.Message, e.Reason.ToString(), activity);
        }
        catch (OperationCanceledException)
        {
            string why = arrival.Dropped == StrangerDrop.HandshakeTooLong ? "it did not finish its handshake in 10 s" : $"dropped: {arrival.Dropped}";
            Refused(source, FailureReason.TimedOut, why, arrival.Dropped.ToString(), activity);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or ObjectDisposedException or InvalidOperationException)
        {
            Refused(source, FailureReason.ConnectionLost, $"the connection broke during the handshake: {e.Message}", "ConnectionLost", activity);
        }
        finally
        {
            if (!isSession && link is not null)
                await link.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Makes a session over a link that this node dialled. False when another session with that peer is to be used.</summary>
    /// <exception cref="HandshakeException">Either end refused.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<bool> InitiateAsync(ILink link, StartDial dial, CancellationToken cancellationToken)
    {
        var messages = new HandshakeStream(link.Stream);
        var leaf = await VerifyLeafAsync(link, messages, cancellationToken).ConfigureAwait(false);
        var demanded = dial.Demanded;
        using var machine = new HandshakeInitiator(
            node.Setup.Handshake, link.Local.Der, leaf, RandomNumberGenerator.GetBytes(32),
            demanded?.Name.ToString() ?? dial.Address.ExpectedName, demanded?.Did);
        try
        {
            var challenge = await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            await messages.SendAsync(machine.ReadChallenge(challenge), cancellationToken).ConfigureAwait(false);
            var verdict = machine.ReadVerdict(await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false));

            var peer = new PeerKey(leaf.Did, verdict.Name);
            var decision = node.Decide((rules, now) => rules.OnVerdict(dial.Link, peer, verdict.Incarnation, verdict.Held, now));
            if (decision.Refusal != RefusalReason.Unspecified)
            {
                await messages.SendAsync(machine.Refuse(decision.Refusal), cancellationToken).ConfigureAwait(false);
                return decision.Refusal == RefusalReason.Duplicate ? false : throw Refuses(peer, decision.Refusal);
            }

            var commit = machine.Commit(decision.Last, decision.Counter, node.Description, out var id);
            node.Enter(dial.Link, link.Abort);
            node.Tell((rules, now) => rules.OnCommitSent(dial.Link, peer, verdict.Incarnation, id, decision, now));
            await messages.SendAsync(commit, cancellationToken).ConfigureAwait(false);

            var description = machine.ReadDescribe(await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false));
            var terms = new SessionTerms(dial.Link, id, peer, verdict.Incarnation, description, Expiry(link, leaf));
            var session = node.CreateSession(terms, link);
            bool wins = node.Decide((rules, now) => rules.OnAccepted(dial.Link, now));
            session.Start(ReadOnlyMemory<byte>.Empty);
            if (!wins)
                session.Close(EndReason.Goodbye, "another session with this peer has won");
            return true;
        }
        catch (HandshakeException e) when (e.Cause != RefusalCause.RefusedByPeer)
        {
            await messages.SendAsync(machine.Refuse(e.Reason), cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<bool> AcceptAsync(Arrival arrival, ILink link)
    {
        var cancellationToken = arrival.Aborted;
        var messages = new HandshakeStream(link.Stream);
        var leaf = await VerifyLeafAsync(link, messages, cancellationToken).ConfigureAwait(false);
        using var machine = new HandshakeAcceptor(node.Setup.Handshake, link.Local.Der, leaf, RandomNumberGenerator.GetBytes(32));
        try
        {
            await messages.SendAsync(machine.Challenge(), cancellationToken).ConfigureAwait(false);
            var proof = machine.ReadProof(await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false));
            arrival.OnProved();

            var peer = new PeerKey(leaf.Did, proof.Name);
            var decision = node.Decide((rules, now) => rules.OnProof(peer, proof.Incarnation, now));
            if (decision.Refusal != RefusalReason.Unspecified)
                throw Refuses(peer, decision.Refusal);

            await messages.SendAsync(machine.Verdict(decision.Held), cancellationToken).ConfigureAwait(false);
            var commit = machine.ReadCommit(await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false));
            var description = machine.ReadDescribe(await messages.ReceiveAsync(cancellationToken).ConfigureAwait(false));

            long number = node.Decide((rules, _) => rules.NewLink());
            var terms = new SessionTerms(number, commit.Session, peer, proof.Incarnation, description, Expiry(link, leaf));
            var session = node.CreateSession(terms, link);
            var refusal = node.Decide((rules, now) =>
                rules.OnCommit(number, peer, proof.Incarnation, commit.Session, commit.Last, commit.Counter, now));
            if (refusal != RefusalReason.Unspecified)
            {
                node.Leave(number);
                throw Refuses(peer, refusal);
            }

            session.Start(machine.Describe(node.Description));
            return true;
        }
        catch (HandshakeException e) when (e.Cause != RefusalCause.RefusedByPeer)
        {
            await messages.SendAsync(machine.Refuse(e.Reason), cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The one check of a certificate, for both roles. The other end learns only that authentication failed.</summary>
    private async Task<VerifiedLeaf> VerifyLeafAsync(ILink link, HandshakeStream messages, CancellationToken cancellationToken)
    {
        var check = LeafVerifier.Verify(link.Remote.LeafDer.Span, link.Remote.ExtraCertificates, node.Clock.Wall);
        if (check.Leaf is { } leaf)
            return leaf;

        await messages.SendAsync(HandshakeMachine.RefuseLeaf(), cancellationToken).ConfigureAwait(false);
        throw new FirnException(FailureReason.AuthenticationFailed, check.Sentence);
    }

    private static DateTimeOffset Expiry(ILink link, VerifiedLeaf leaf) =>
        link.Local.NotAfter < leaf.NotAfter ? link.Local.NotAfter : leaf.NotAfter;

    private static HandshakeException Refuses(PeerKey peer, RefusalReason reason) => new(RefusalCause.RefusedHere, reason, reason switch
    {
        RefusalReason.NameTaken => $"{peer.Name} is known here with another key than {peer.Did}: it is refused until that is forgotten, 10 minutes after it was last seen.",
        RefusalReason.Stale => $"A newer incarnation of {peer} is known here: a copy of that node's identity runs elsewhere.",
        RefusalReason.Busy => "The limit of peers is reached.",
        RefusalReason.Self => $"{peer} is this node itself, or a copy of its identity.",
        _ => $"{peer.Name} is refused: {reason}.",
    });

    private void Refused(string source, FailureReason reason, string message, string result, Activity? activity)
    {
        activity?.SetStatus(ActivityStatusCode.Error, result);
        node.Telemetry.HandshakeEnded("acceptor", result);
        LogRefused(source, message);
        node.Events.Publish(new RefusedEvent(node.Clock.Wall, source, reason, message));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused {Source}: {Message}")]
    private partial void LogRefused(string source, string message);
}
