using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Transports;
using Microsoft.Extensions.Logging;

namespace Firn.Relays;

/// <summary>
/// Takes the connections that relays bring. Any peer may: it was admitted, and whoever comes through it has to prove itself as at any
/// other door.
/// </summary>
/// <param name="node">The node that is connected with the relays.</param>
/// <param name="take">Takes each connection over.</param>
internal sealed partial class RelayedArrivals(NodeCore node, Action<IPendingLink> take)
{
    private readonly Lock _gate = new();
    private readonly BroughtStrangers _strangers = new();

    /// <summary>Serves a stream of a relay until the acceptor has it, who keeps it, or until it is refused.</summary>
    public async Task ServeAsync(FirnStream stream)
    {
        using var deadline = new CancellationTokenSource(RelayTalk.Deadline, node.Clock.Time);
        RelayPendingLink? pending = null;
        try
        {
            var message = await RelayTalk.ReceiveAsync(stream, deadline.Token).ConfigureAwait(false);
            (pending, var status) = Receive(stream, message);
            await stream.WriteAsync(RelayMessages.Answer(status), deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogGone(node.Logger, stream.Peer.Name, e.Message);
            stream.Reset();
            pending?.Dispose();
            pending = null;
        }

        if (pending is null)
            await stream.DisposeAsync().ConfigureAwait(false);
        else
            take(pending);
    }

    private (RelayPendingLink? Pending, RelayStatus Status) Receive(FirnStream stream, byte[]? message)
    {
        if (stream.IsRelayed)
            return (null, RelayStatus.NotAllowed);
        if (message is null || !RelayMessages.TryReadNotice(message, out var asker))
            return (null, RelayStatus.BadRequest);

        var relay = stream.Peer.Did;
        lock (_gate)
        {
            if (!_strangers.TryEnter(relay, asker))
                return (null, RelayStatus.Limit);
        }

        return (new RelayPendingLink(stream, asker, () => Leave(relay, asker)), RelayStatus.Ok);
    }

    private void Leave(Did relay, Did asker)
    {
        lock (_gate)
            _strangers.Leave(relay, asker);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A connection that {Relay} was to bring did not come about: {Why}")]
    private static partial void LogGone(ILogger logger, NodeName relay, string why);
}
