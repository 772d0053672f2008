using System.Net;
using System.Net.Quic;
using System.Runtime.Versioning;
using System.Security.Authentication;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Transports;

/// <summary>A QUIC connection whose first packet has come; its TLS waits until it is secured.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal sealed class QuicPendingLink : IPendingLink
{
    private readonly QuicConnection _connection;
    private readonly TimeProvider _time;
    private readonly IPEndPoint _remote;
    private readonly TaskCompletionSource<QuicServerConnectionOptions> _options = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _secured = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Of <paramref name="connection"/>, whose <paramref name="over"/> is cancelled when it ends before it is secured.</summary>
    public QuicPendingLink(QuicConnection connection, TimeProvider time, CancellationToken over)
    {
        (_connection, _time, _remote) = (connection, time, HostAddresses.Plain(connection.RemoteEndPoint));
        _ = _secured.Task.Exception;
        over.UnsafeRegister(static pending => ((QuicPendingLink)pending!).OnFailed(null), this);
    }

    public Source Source => Source.Of(_remote.Address);

    public string Origin => _remote.Address.ToString();

    public StrangerPool Pool => StrangerPool.Direct;

    /// <summary>What the listener goes on with once the connection may be secured; cancelled when it is dropped.</summary>
    public Task<QuicServerConnectionOptions> Options => _options.Task;

    /// <summary>Whether its handshake runs.</summary>
    public bool IsSecuring => _options.Task.IsCompletedSuccessfully && !_secured.Task.IsCompleted;

    public async ValueTask<ILink> SecureAsync(LeafCredential local, CancellationToken cancellationToken)
    {
        var presented = new PresentedCertificates(isInitiator: false, isQuic: true);
        try
        {
            _options.TrySetResult(QuicSettings.ForAcceptor(local, presented.Record));
            await _secured.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            var main = await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken).ConfigureAwait(false);
            return new QuicLink(_connection, main, presented.Seen, local, isInitiator: false, _time);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new FirnException(FailureReason.ConnectionLost, $"{_remote} closed the connection before TLS was set up.", e);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Cuts it, in whatever state it is.</summary>
    public void Dispose()
    {
        if (!_options.TrySetCanceled())
            _ = QuicLink.CloseAsync(_connection, QuicSettings.Cut);
        OnFailed(null);
    }

    /// <summary>Its handshake is done.</summary>
    public void OnSecured()
    {
        if (!_secured.TrySetResult())
            _ = CloseAndDisposeAsync();   // it was given up at the same moment
    }

    /// <summary>It ended before it was secured, for a reason that the listener may know.</summary>
    public void OnFailed(Exception? why)
    {
        _options.TrySetCanceled();
        _secured.TrySetException(why is AuthenticationException
            ? new FirnException(
                FailureReason.NotFirn,
                $"{_remote} does not speak Firn (QUIC, ALPN {TlsOptions.Protocol}): {why.GetBaseException().Message.TrimEnd('.')}.",
                why)
            : new FirnException(FailureReason.ConnectionLost, $"{_remote} closed the connection before TLS was set up.", why));
        _ = _secured.Task.Exception;   // perhaps nobody waits
    }

    /// <summary>Whether the listener has given it up: it says that a handshake has failed, and not whose.</summary>
    public async ValueTask<bool> IsGoneAsync()
    {
        try
        {
            await _connection.AcceptInboundStreamAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CloseAndDisposeAsync()
    {
        await QuicLink.CloseAsync(_connection, QuicSettings.Cut).ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }
}
