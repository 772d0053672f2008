using Firn.Protocol;
using Firn.Runtime;
using Firn.Sessions;
using Microsoft.Extensions.Logging;

namespace Firn;

/// <summary>Carries out what the rules decide: on one pump, in order, outside the lock.</summary>
internal sealed partial class NodeCore
{
    private IReadOnlyList<NodeAction> TakeActions()
    {
        lock (_gate)
        {
            var actions = _rules.TakeActions();
            if (_posted.Count == 0)
                return actions;

            var posted = _posted;
            _posted = [];
            return [.. actions, .. posted];
        }
    }

    private void CarryOut(NodeAction action)
    {
        switch (action)
        {
            case StartDial dial when !_isStopping:
                _dialler.Start(dial);
                break;
            case CloseLink close:
                _connections.Find(close.Link)?.Close(close.Reason, close.Detail);
                break;
            case SendRecords send when SessionOf(send.Link) is { } session:
                foreach (var payload in RecordFrames.Pack(send.Records))
                    session.Send(FrameType.Records, payload);
                break;
            case ForgetLink gone:
                _connections.Leave(gone.Link);
                break;
            case RaisePeerUp up when SessionOf(up.Link) is { } session:
                var connected = _peers[up.Peer] = new Peer(this, session);
                Carry(connected, session);
                LogPeerUp(connected.Name, connected.Did, session.Link.IsInitiator ? "dialled" : "accepted");
                Events.Publish(new PeerUpEvent(Clock.Wall, connected));
                Announce(connected);
                break;
            case SwitchSession change when _peers.TryGetValue(change.Peer, out var peer) && SessionOf(change.Link) is { } session:
                peer.Session.Deactivate();   // what it carried ends with it, before the next begins
                peer.Switch(session);
                Carry(peer, session);
                Events.Publish(new PeerChangedEvent(Clock.Wall, peer));
                Announce(peer);
                break;
            case TellOfChange change when _peers.TryGetValue(change.Session.Terms.Peer, out var peer) && peer.Session == change.Session:
                Events.Publish(new PeerChangedEvent(Clock.Wall, peer));
                break;
            case SavePins save:
                Admission.Save(save.Pins);
                break;
            case AnnounceDescription announcement:
                foreach (var peer in _peers.Values)
                    Announce(peer);
                announcement.Told.TrySetResult();
                break;
            case LastAction last:
                last.Carried();
                break;
            case RaisePeerDown down when _peers.TryRemove(down.Peer, out var peer):
                peer.MarkDown();
                LogPeerDown(peer.Name, down.Reason);
                Hub.OnPeerDown(peer.Name, down.Reason);
                Events.Publish(new PeerDownEvent(Clock.Wall, peer, down.Reason));
                break;
            case CompleteDial complete when _requests.TryGetValue(complete.Request, out var request):
                if (_peers.TryGetValue(complete.Peer, out var reached))
                    request.TrySetResult(reached);
                else
                    request.TrySetException(new FirnException(FailureReason.ConnectionLost, $"The session with {complete.Peer.Name} ended as soon as it was made."));
                break;
            case FailDial fail when _requests.TryGetValue(fail.Request, out var request):
                request.TrySetException(new FirnException(fail.Failure.Reason, fail.Failure.Message) { Ways = fail.Failure.Ways });
                break;
            case ReportDialFailure failure:
                var (reason, why, ways) = failure.Failure;
                LogDialFailed(failure.Address, why);
                Events.Publish(new DialFailedEvent(Clock.Wall, failure.Address, reason, why, failure.WillRetry, ways));
                break;
            case RaiseWarning warning:
                LogWarning(warning.Message);
                Events.Publish(new NodeWarningEvent(Clock.Wall, warning.Message));
                break;
        }
    }

    /// <summary>The session carries the peer's streams and messages from now on, unless it is over.</summary>
    private void Carry(Peer peer, Session session)
    {
        var before = Hub.Attach(session.Messages);
        if (before.IsCompleted)
            session.Activate(peer);
        else
            before.ContinueWith(_ => session.Activate(peer), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private Session? SessionOf(long link) => _connections.Find(link)?.Session;

    /// <summary>Tells a peer what this node says of itself, unless it has heard that already.</summary>
    private void Announce(Peer peer)
    {
        var (session, description) = (peer.Session, Description);
        if (description.Equals(session.Told))
            return;

        bool changesRole = Negotiate(peer, session.Told).Theirs != Negotiate(peer, description).Theirs;
        session.Told = description;
        session.Send(FrameType.Describe, PeerDescriptionCodec.Encode(description));
        if (changesRole)
            Events.Publish(new PeerChangedEvent(Clock.Wall, peer));
    }

    /// <summary>The peer of a session says something new of itself.</summary>
    private sealed record TellOfChange(Session Session) : NodeAction;

    /// <summary>Everything before it has been carried out.</summary>
    private sealed record LastAction : NodeAction
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public void Carried() => _done.TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected with {Peer} ({Did}), {How}")]
    private partial void LogPeerUp(NodeName peer, Did did, string how);

    [LoggerMessage(Level = LogLevel.Information, Message = "Disconnected from {Peer}: {Reason}")]
    private partial void LogPeerDown(NodeName peer, EndReason reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Could not connect to {Address}: {Message}")]
    private partial void LogDialFailed(NodeAddress address, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Message}")]
    private partial void LogWarning(string message);
}
