using System.Runtime.CompilerServices;

namespace Firn.AspNetCore;

/// <summary>A <see cref="Node"/> behind the control API.</summary>
internal sealed partial class ControlledNode(Node node) : IControlledNode
{
    /// <summary>How long one ping may take: ten times what the slowest sane link needs.</summary>
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    public StatusBody Status()
    {
        var self = node.Self;
        return new StatusBody(
            self.Name.ToString(),
            self.Did.ToString(),
            self.Incarnation.Value,
            self.Cluster,
            [.. self.Listening.Select(address => address.ToString())],
            node.Peers.Count,
            self.StartedAt.UtcDateTime,
            self.SoftwareVersion,
            ControlJson.Spell(node.Admission));
    }

    public IReadOnlyList<PeerBody> Peers() =>
        [.. node.Peers.Select(Describe).OrderBy(peer => peer.Name, StringComparer.Ordinal)];

    public async Task<PeerBody> DialAsync(string address, CancellationToken cancellationToken) =>
        Describe(await node.ConnectAsync(address, cancellationToken).ConfigureAwait(false));

    public async Task<string> HangupAsync(string name, CancellationToken cancellationToken)
    {
        var peer = node.FindPeer(name);
        await peer.HangupAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return peer.Name.ToString();
    }

    public async Task<PingBody> PingAsync(string name, CancellationToken cancellationToken)
    {
        var peer = node.FindPeer(name);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(PingTimeout);
        try
        {
            var rtt = await peer.PingAsync(deadline.Token).ConfigureAwait(false);
            return new PingBody(peer.Name.ToString(), peer.Address.ToString(), Milliseconds(rtt));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FirnException(
                FailureReason.TimedOut, $"{peer.Name} did not answer a ping within {PingTimeout.TotalSeconds:0} s", e);
        }
    }

    public IAsyncEnumerable<EventBody> WatchAsync(CancellationToken cancellationToken) =>
        DescribeAll(node.WatchAsync(), cancellationToken);

    private static async IAsyncEnumerable<EventBody> DescribeAll(
        IAsyncEnumerable<NodeEvent> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var e in events.WithCancellation(cancellationToken).ConfigureAwait(false))
            yield return Describe(e);
    }

    private static EventBody Describe(NodeEvent e)
    {
        var at = e.At.UtcDateTime;
        return e switch
        {
            PeerUpEvent up => new EventBody("peerUp", at) { Peer = Describe(up.Peer) },
            PeerDownEvent down => new EventBody("peerDown", at)
            {
                Peer = Describe(down.Peer),
                Reason = ControlJson.Spell(down.Reason),
            },
            PeerChangedEvent changed => new EventBody("peerChanged", at) { Peer = Describe(changed.Peer) },
            DialFailedEvent failed => new EventBody("dialFailed", at)
            {
                Address = failed.Address.ToString(),
                Reason = ControlJson.Spell(failed.Reason),
                Message = failed.Message,
                Ways = WayBody.Of(failed.Ways),
            },
            RefusedEvent refused => new EventBody("refused", at)
            {
                Source = refused.Source,
                Reason = ControlJson.Spell(refused.Reason),
                Message = refused.Message,
            },
            NodeWarningEvent warning => new EventBody("warning", at) { Message = warning.Message },
            EventsLostEvent lost => new EventBody("eventsLost", at) { Count = lost.Count },
            _ => throw new NotSupportedException($"The control API has no words for {e.GetType().Name}."),
        };
    }

    private static PeerBody Describe(Peer peer) => new(
        peer.Name.ToString(),
        peer.Did.ToString(),
        peer.Incarnation.Value,
        peer.SessionId.ToString(),
        peer.Address.ToString(),
        peer.Transport,
        ControlJson.Spell(peer.Direction),
        ControlJson.Spell(peer.Role),
        peer.Capabilities,
        Milliseconds(peer.Rtt),
        peer.ConnectedAt.UtcDateTime,
        peer.SoftwareVersion,
        ControlJson.Spell(peer.Admission),
        peer.Cookie is { } age ? ControlJson.Spell(age) : null);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
