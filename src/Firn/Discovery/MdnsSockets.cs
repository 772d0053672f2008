using System.Net.Sockets;
using Firn.Protocol;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Discovery;

/// <summary>The sockets of all links that are used.</summary>
internal sealed partial class MdnsSockets(MdnsEvents events, NodeClock clock, ILogger logger) : IDisposable
{
    private readonly Dictionary<MdnsLinkId, MdnsSocket> _sockets = [];
    private readonly HashSet<MdnsLinkId> _failing = [];

    /// <summary>Opens and closes sockets, so that there is one for each of these links; those of which that cannot be are left out.</summary>
    public IReadOnlyList<MdnsLink> Open(IReadOnlyList<MdnsLink> links)
    {
        foreach (var gone in _sockets.Keys.Except(links.Select(static l => l.Id)).ToList())
        {
            _sockets.Remove(gone, out var socket);
            socket!.Dispose();
        }

        _failing.IntersectWith(links.Select(static l => l.Id));
        return [.. links.Where(link => _sockets.ContainsKey(link.Id) || TryOpen(link.Id))];
    }

    public void Send(IEnumerable<MdnsPacket> packets)
    {
        foreach (var (link, message, to) in packets)
        {
            if (!_sockets.TryGetValue(link, out var socket))
                continue;

            try
            {
                socket.Send(message, to);
            }
            catch (SocketException e)
            {
                LogNotSent(logger, link, e.Message);   // it is said again, as everything is
            }
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets.Values)
            socket.Dispose();
    }

    private bool TryOpen(MdnsLinkId link)
    {
        try
        {
            var socket = MdnsSocket.Open(link);
            _sockets[link] = socket;
            _failing.Remove(link);
            _ = socket.ReceiveAsync(events.Add, e => LogNotReceived(logger, link, e.Message), clock.Time);
            return true;
        }
        catch (SocketException e)
        {
            if (_failing.Add(link))
                LogNotOpened(logger, link, MdnsNames.Port, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No discovery on {Link} for now: UDP port {Port} cannot be used there: {Why}")]
    private static partial void LogNotOpened(ILogger logger, MdnsLinkId link, int port, string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A packet of discovery was not sent on {Link}: {Why}")]
    private static partial void LogNotSent(ILogger logger, MdnsLinkId link, string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Discovery on {Link} is told of an error: {Why}")]
    private static partial void LogNotReceived(ILogger logger, MdnsLinkId link, string why);
}
