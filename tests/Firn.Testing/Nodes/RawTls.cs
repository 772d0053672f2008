using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>TLS by hand: with whatever certificates, versions and protocols a stranger may try.</summary>
internal static class RawTls
{
    public static async Task<TcpClient> ConnectAsync(NodeAddress address)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, address.Port).WaitAsync(EventLog.Ceiling);
        return client;
    }

    public static SslClientAuthenticationOptions ClientOptions(SslStreamCertificateContext? certificates = null) => new()
    {
        TargetHost = "",
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = [TlsOptions.Protocol],
        ClientCertificateContext = certificates,
        RemoteCertificateValidationCallback = new PresentedCertificates(isInitiator: true).Record,
    };

    public static async Task<SslStream> DialAsync(NodeAddress address, SslClientAuthenticationOptions options)
    {
        var tls = new SslStream((await ConnectAsync(address)).GetStream());
        await tls.AuthenticateAsClientAsync(options).WaitAsync(EventLog.Ceiling);
        return tls;
    }

    public static SslServerAuthenticationOptions ServerOptions(SslStreamCertificateContext certificates) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = [TlsOptions.Protocol],
        ServerCertificateContext = certificates,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = new PresentedCertificates(isInitiator: false).Record,
    };

    /// <summary>All that comes until the other end closes, in order or by a reset.</summary>
    public static async Task<byte[]> ReadUntilOverAsync(this Stream stream)
    {
        var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received).WaitAsync(EventLog.Ceiling);
        }
        catch (IOException)
        {
            // A reset is an end.
        }

        return received.ToArray();
    }
}
