using System.Globalization;
using System.Net;
using System.Net.Quic;
using System.Net.Security;

namespace Firn.Benchmarks;

/// <summary>QUIC as .NET offers it: a connection and one stream on it, with the certificates of <see cref="RawTls"/>.</summary>
internal static class RawQuic
{
    public const string Name = "raw quic";

    /// <summary>What the kinds of its server begin with.</summary>
    public const string Kind = "raw-quic";

    public static SslApplicationProtocol Protocol { get; } = new("raw");

    public static Contestant Messages { get; } = new(Name, $"{Kind}-calls", async server => new LargeLoad(await CallsAsync(server)));

    public static Contestant Calls { get; } = new(Name, $"{Kind}-calls", async server => new OneCallLoad(await CallsAsync(server)));

    public static Contestant Stream { get; } = new(Name, $"{Kind}-stream", async server =>
    {
        var (connection, stream) = await ConnectAsync(server.Address);
        return new RawQuicStream(connection, stream);
    });

    /// <summary>A connection of which both ends know that it stands: one byte has come back.</summary>
    public static async Task<(QuicConnection Connection, QuicStream Stream)> ConnectAsync(string port)
    {
        var tls = RawTls.Client(isChecked: true);
        tls.ApplicationProtocols = [Protocol];
        var connection = await QuicConnection.ConnectAsync(new QuicClientConnectionOptions
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)),
            ClientAuthenticationOptions = tls,
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 0,
        });
        var stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        var first = new byte[1];
        await stream.WriteAsync(first);
        await stream.ReadExactlyAsync(first);
        return (connection, stream);
    }

    private static async Task<RawCalls> CallsAsync(ServerProcess server)
    {
        var (connection, stream) = await ConnectAsync(server.Address);
        return new RawCalls(stream, connection: connection);
    }
}
