using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Firn.Transports;

namespace Firn.Benchmarks;

/// <summary>Dials a <see cref="RawServer"/>.</summary>
internal static class RawClient
{
    private static readonly SslClientAuthenticationOptions Checked = RawTls.Client(isChecked: true);
    private static readonly SslClientAuthenticationOptions Unchecked = RawTls.Client(isChecked: false);

    /// <summary>A connection of which both ends know that it stands: one byte has come back.</summary>
    /// <param name="port">Where the server listens.</param>
    /// <param name="isChecked">Check the server's certificate.</param>
    /// <param name="keepsLittleUnsent">Leave little in the kernel that is not sent yet, as Firn does.</param>
    public static async Task<SslStream> ConnectAsync(string port, bool isChecked = true, bool keepsLittleUnsent = false)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (keepsLittleUnsent)
            TcpDialer.Tune(socket, new TcpOptions());
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)));
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(isChecked ? Checked : Unchecked);
        await EchoAsync(tls, new byte[1]);
        return tls;
    }

    public static async Task EchoAsync(SslStream tls, byte[] bytes)
    {
        await tls.WriteAsync(bytes);
        await tls.ReadExactlyAsync(bytes);
    }
}
