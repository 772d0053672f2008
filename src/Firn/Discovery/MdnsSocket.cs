using System.Net;
using System.Net.Sockets;
using Firn.Protocol;

namespace Firn.Discovery;

/// <summary>A datagram that came in on a link.</summary>
internal sealed record MdnsDatagram(MdnsLinkId Link, byte[] Bytes, IPEndPoint Source, bool IsMulticast);

/// <summary>
/// The socket of one link: bound to the port that all responders of a machine share, a member of the group on one interface. Sends with the
/// time to live that says that no router was passed (RFC 6762, section 11).
/// </summary>
internal sealed class MdnsSocket : IDisposable
{
    // Under a flood the rest is left to the system, which drops it: to take it in would cost more than to read it.
    private const int MaxInWindow = 200;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    private readonly MdnsLinkId _link;
    private readonly Socket _socket;
    private readonly IPEndPoint _group;

    private MdnsSocket(MdnsLinkId link, Socket socket)
    {
        (_link, _socket) = (link, socket);
        _group = link.IsIPv6
            ? new IPEndPoint(new IPAddress(MdnsNames.GroupV6.GetAddressBytes(), link.Index), MdnsNames.Port)
            : new IPEndPoint(MdnsNames.GroupV4, MdnsNames.Port);
    }

    /// <exception cref="SocketException">The link is gone, or another program has the port to itself.</exception>
    public static MdnsSocket Open(MdnsLinkId link)
    {
        var family = link.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            MulticastOptions.Share(socket);
            if (link.IsIPv6)
                socket.DualMode = false;
            socket.Bind(new IPEndPoint(link.IsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, MdnsNames.Port));
            MulticastOptions.Join(socket, link);
            return new MdnsSocket(link, socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends to the group, or to one alone.</summary>
    /// <exception cref="SocketException">The system refuses, as while the interface goes down.</exception>
    public void Send(byte[] message, IPEndPoint? to) => _socket.SendTo(message, to ?? _group);

    /// <summary>Hands over what comes in until the socket is disposed of.</summary>
    public async Task ReceiveAsync(Action<MdnsDatagram> take, Action<SocketException> onError, TimeProvider time)
    {
        var buffer = new byte[DnsMessage.MaxLength + 1];
        var anybody = new IPEndPoint(_link.IsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        long windowFrom = time.GetTimestamp();
        int inWindow = 0;
        while (true)
        {
            try
            {
                var got = await _socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, anybody).ConfigureAwait(false);

                // Some systems hand packets of other interfaces to every member of the group.
                bool isWhole = (got.SocketFlags & SocketFlags.Truncated) == 0;
                if (isWhole && got.PacketInformation.Interface == _link.Index)
                {
                    bool isMulticast = got.PacketInformation.Address.GetAddressBytes().AsSpan().SequenceEqual(_group.Address.GetAddressBytes());
                    take(new MdnsDatagram(_link, buffer[..got.ReceivedBytes], (IPEndPoint)got.RemoteEndPoint, isMulticast));
                }
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
            {
                return;   // disposed of while it waited
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.MessageSize)
            {
                // Larger than any message: so some systems tell it.
            }
            catch (SocketException e)
            {
                onError(e);
                inWindow = MaxInWindow;
            }

            if (time.GetElapsedTime(windowFrom) >= Window)
                (windowFrom, inWindow) = (time.GetTimestamp(), 0);
            if (++inWindow >= MaxInWindow)
                await Task.Delay(Window, time).ConfigureAwait(false);
        }
    }

    public void Dispose() => _socket.Dispose();
}
