using System.Net.Sockets;

namespace Firn.Tests.Transports;

internal static class SocketOptions
{
    /// <summary>TCP_NOTSENT_LOWAT of tcp(7), on Linux.</summary>
    public static int UnsentLowWater(this Socket socket)
    {
        var value = new byte[4];
        socket.GetRawSocketOption(6, 25, value);
        return BitConverter.ToInt32(value);
    }
}
