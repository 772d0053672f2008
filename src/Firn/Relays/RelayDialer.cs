using Firn.Identity;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Transports;

namespace Firn.Relays;

/// <summary>Makes links to nodes by their key, through a peer that relays.</summary>
internal static class RelayDialer
{
    /// <summary>
    /// Has <paramref name="relay"/> join this node with <paramref name="target"/>, and secures what comes of it from end to end. Nothing stays
    /// open when it fails or is cancelled; it has no deadline of its own.
    /// </summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.Unsupported"/>: that peer does not relay. <see cref="FailureReason.Unreachable"/>: it has no session with the
    /// target, or that does not take part. <see cref="FailureReason.Busy"/>: a limit. <see cref="FailureReason.NotConnected"/> and
    /// <see cref="FailureReason.ConnectionLost"/>: the relay was lost. Others as <see cref="ITransport.DialAsync"/>.
    /// </exception>
    public static async ValueTask<ILink> DialAsync(Peer relay, Did target, LeafCredential local, CancellationToken cancellationToken)
    {
        var stream = await AskAsync(relay, target, cancellationToken).ConfigureAwait(false);
        var raw = new RawConnection(stream, $"{target} via {relay}", RelayLeg.Transport, null, () => stream.Reset(), new RelayLeg(stream));
        return await TlsLink.InitiateAsync(raw, local, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A stream to <paramref name="target"/>, on which TLS has not begun.</summary>
    /// <exception cref="FirnException">As <see cref="DialAsync"/>.</exception>
    public static async Task<FirnStream> AskAsync(Peer relay, Did target, CancellationToken cancellationToken)
    {
        var stream = await relay.OpenStreamAsync(RelayMessages.Asking, cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(RelayMessages.Request(target), cancellationToken).ConfigureAwait(false);
            var status = await RelayTalk.ReceiveAnswerAsync(stream, cancellationToken).ConfigureAwait(false);
            return status == RelayStatus.Ok ? stream : throw Refused(relay, target, status);
        }
        catch (StreamResetException e) when (e.Code == StreamResetCode.UnknownProtocol)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new FirnException(FailureReason.Unsupported, $"{relay} does not relay: start it with --relay.", e);
        }
        catch (IOException e)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new FirnException(FailureReason.ConnectionLost, $"{relay} ended the stream to {target} before it was made: {e.Message} Try again.", e);
        }
        catch
        {
            stream.Reset();
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static FirnException Refused(Peer relay, Did target, RelayStatus status)
    {
        var (reason, why) = status switch
        {
            RelayStatus.NotAllowed => (FailureReason.Unsupported, "is itself reached through a relay, and a link goes through one only"),
            RelayStatus.NoSuchPeer => (FailureReason.Unreachable, "has no session that goes straight to that node: connect the two, or start another relay"),
            RelayStatus.Unwilling => (FailureReason.Unreachable, "has asked that node, which did not answer or take part: try again, or update the older of the two"),
            RelayStatus.Busy => (FailureReason.Busy, "was asked too often, or the node was: try again later"),
            RelayStatus.Limit => (FailureReason.Busy, "relays as much as it may at a time: try again later, or start another relay"),
            _ => (FailureReason.ProtocolError, "does not understand the request: update the older of the two"),
        };
        return new FirnException(reason, $"{relay} cannot relay to {target}: it {why}.");
    }
}
