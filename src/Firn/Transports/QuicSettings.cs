using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Runtime.Versioning;
using Firn.Identity;
using Firn.Streams;

namespace Firn.Transports;

/// <summary>The settings of QUIC connections, the same for both roles.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal static class QuicSettings
{
    /// <summary>A connection is closed with this when both ends have said their last.</summary>
    public const long Closed = 0;

    /// <summary>A connection is closed with this when it is cut.</summary>
    public const long Cut = 1;

    /// <summary>Streams of the other end at a time: as many as a session has, and the main one. The next waits at the other end.</summary>
    private const int MaxStreams = StreamTable.MaxOpen + 1;

    /// <summary>
    /// What may be under way on a connection. All of it is read as it comes, within Firn's own windows, so this limits only bandwidth x delay, and
    /// what an end that has proved nothing can make the other hold.
    /// </summary>
    private const int ConnectionWindow = 16 * 1024 * 1024;

    /// <summary>Where the window of a stream begins; it grows with bandwidth x delay.</summary>
    private const int StreamWindow = 256 * 1024;

    public static QuicClientConnectionOptions ForInitiator(EndPoint remote, IPAddress? from, LeafCredential local, RemoteCertificateValidationCallback record) =>
        Common(new QuicClientConnectionOptions
        {
            RemoteEndPoint = remote,
            LocalEndPoint = from is null ? null : new IPEndPoint(from, 0),
            ClientAuthenticationOptions = TlsOptions.ForInitiator(local, record),
        });

    public static QuicServerConnectionOptions ForAcceptor(LeafCredential local, RemoteCertificateValidationCallback record) =>
        Common(new QuicServerConnectionOptions { ServerAuthenticationOptions = TlsOptions.ForAcceptor(local, record) });

    // Firn has its own deadlines, pings and sense of who lives: QUIC's are off.
    private static T Common<T>(T options)
        where T : QuicConnectionOptions
    {
        options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
        options.IdleTimeout = Timeout.InfiniteTimeSpan;
        options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        options.MaxInboundBidirectionalStreams = MaxStreams;
        options.MaxInboundUnidirectionalStreams = 0;
        options.DefaultCloseErrorCode = Cut;
        options.DefaultStreamErrorCode = NativeAbortException.SessionOver;
        options.InitialReceiveWindowSizes = new QuicReceiveWindowSizes
        {
            Connection = ConnectionWindow,
            LocallyInitiatedBidirectionalStream = StreamWindow,
            RemotelyInitiatedBidirectionalStream = StreamWindow,
        };
        return options;
    }
}
