using System.Net;
using System.Net.Quic;
using System.Runtime.Versioning;
using Firn.Identity;

namespace Firn.Transports;

/// <summary>A QUIC connection and its main stream, the first that the acceptor has opened.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal sealed class QuicLink : ILink
{
    /// <summary>A connection's end discards what was not read: so each end waits so long for the other to have read all.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly QuicConnection _connection;
    private readonly QuicMainStream _main;
    private readonly TimeProvider _time;
    private volatile bool _isCut;

    public QuicLink(QuicConnection connection, QuicStream main, PeerCertificate remote, LeafCredential local, bool isInitiator, TimeProvider time)
    {
        (_connection, _main, _time) = (connection, new QuicMainStream(main), time);
        (Remote, Local, IsInitiator) = (remote, local, isInitiator);
        RemoteEndPoint = HostAddresses.Plain(connection.RemoteEndPoint);
        if (QuicPriority.TryPutFirst(connection, main))
            Native = new QuicNativeStreams(connection, isGuarded: !isInitiator, Abort);
    }

    public Stream Stream => _main;

    public PeerCertificate Remote { get; }

    public LeafCredential Local { get; }

    public bool IsInitiator { get; }

    public IPEndPoint? RemoteEndPoint { get; }

    public string Transport => "quic";

    public INativeStreams? Native { get; }

    public void Abort()
    {
        _isCut = true;
        _ = CloseAsync(_connection, QuicSettings.Cut);
    }

    /// <summary>Says the end, waits for the other end's, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isCut)
            await EndAsync().ConfigureAwait(false);
        await CloseAsync(_connection, _isCut ? QuicSettings.Cut : QuicSettings.Closed).ConfigureAwait(false);
        await _main.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Closes <paramref name="connection"/>, whatever its state.</summary>
    public static async Task CloseAsync(QuicConnection connection, long code)
    {
        try
        {
            await connection.CloseAsync(code).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is over already, or about to be.
        }
    }

    private async Task EndAsync()
    {
        using var linger = new CancellationTokenSource(Linger, _time);
        try
        {
            await _main.EndAsync(linger.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The other end is gone, or had its time.
        }
    }
}
