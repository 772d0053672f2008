using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Transports;

/// <summary>Opens QUIC connections: the addresses of a name in order, the first that answers.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal static class QuicDialer
{
    /// <summary>A silent address makes way for the next: nothing says that nobody listens there.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often one address is asked that refuses. Where nobody listens there is no refusal (RFC 9000, section 20.1): it comes of a listener
    /// that is too busy for the moment.
    /// </summary>
    private const int MaxAsked = 6;

    /// <summary>In milliseconds: the first pause after a refusal is shorter than this, and none is longer than the second.</summary>
    private const long FirstPause = 200, LongestPause = 1_000;

    /// <summary>The main stream is the first that the acceptor opens (RFC 9000, section 2.1).</summary>
    private const long MainStream = 1;

    /// <summary>A link with the first address of <paramref name="address"/> that answers.</summary>
    /// <exception cref="FirnException">As <see cref="ITransport.DialAsync"/>.</exception>
    public static async ValueTask<ILink> ConnectAsync(
        NodeAddress address, QuicOptions options, LeafCredential local, TimeProvider time, CancellationToken cancellationToken)
    {
        var found = await TcpDialer.ResolveAsync(
            address, ct => HostAddresses.ResolveAsync(address, ct), options.DialFrom, cancellationToken).ConfigureAwait(false);
        IPEndPoint[] candidates = [.. found.Select(ip => new IPEndPoint(ip, address.Port))];
        var failures = new List<(IPAddress Address, string Why, Exception Error)>();
        foreach (var remote in candidates)
        {
            bool isLast = failures.Count == candidates.Length - 1;
            using var patience = new CancellationTokenSource(isLast ? Timeout.InfiniteTimeSpan : Patience, time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                return await ConnectUnlessRefusedAsync(remote, options, local, time, limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                failures.Add((remote.Address, $"no answer within {Patience.TotalSeconds} s", e));
            }
            catch (Exception e) when (e is SocketException or QuicException or AuthenticationException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (ReasonOf(e) is var reason and not FailureReason.Unreachable)
                    throw Explain(NameOf(address, remote), reason, e);
                failures.Add((remote.Address, Describe(e), e));
            }
        }

        var why = string.Join("; ", failures.Select(failure => $"{failure.Address}: {failure.Why}"));
        throw new FirnException(FailureReason.Unreachable, $"Cannot reach {address}: {why}.", failures[^1].Error);
    }

    private static async ValueTask<ILink> ConnectUnlessRefusedAsync(
        IPEndPoint remote, QuicOptions options, LeafCredential local, TimeProvider time, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstPause, LongestPause);
        for (int asked = 1; ; asked++)
        {
            try
            {
                return await ConnectAsync(remote, options, local, time, cancellationToken).ConfigureAwait(false);
            }
            catch (QuicException e) when (e.QuicError == QuicError.ConnectionRefused && asked < MaxAsked)
            {
                var pause = TimeSpan.FromMilliseconds(backoff.Next(Random.Shared.NextDouble()));
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask<ILink> ConnectAsync(
        IPEndPoint remote, QuicOptions options, LeafCredential local, TimeProvider time, CancellationToken cancellationToken)
    {
        var presented = new PresentedCertificates(isInitiator: true, isQuic: true);
        var settings = QuicSettings.ForInitiator(remote, options.DialFrom, local, presented.Record);
        var connecting = QuicConnection.ConnectAsync(settings, cancellationToken).AsTask();
        QuicConnection connection;
        try
        {
            connection = await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ = LetGoAsync(connecting);
            throw;
        }

        try
        {
            // The acceptor speaks first: until then it may still refuse this end's certificate.
            var main = await connection.AcceptInboundStreamAsync(cancellationToken).ConfigureAwait(false);
            return main.Id == MainStream
                ? new QuicLink(connection, main, presented.Seen, local, isInitiator: true, time)
                : throw new AuthenticationException("it opened another stream before the main one");
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>libmsquic takes 3 seconds to part from an address that is silent: whoever has given up does not wait for it.</summary>
    private static async Task LetGoAsync(Task<QuicConnection> connecting)
    {
        try
        {
            var late = await connecting.ConfigureAwait(false);
            await late.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or QuicException or AuthenticationException)
        {
            // That is how it was to end.
        }
    }

    private static FailureReason ReasonOf(Exception e) => e switch
    {
        AuthenticationException or QuicException { QuicError: QuicError.VersionNegotiationError or QuicError.AlpnInUse } => FailureReason.NotFirn,
        QuicException { QuicError: QuicError.ConnectionTimeout or QuicError.ConnectionIdle } => FailureReason.TimedOut,
        SocketException or QuicException { QuicError: QuicError.ConnectionRefused } => FailureReason.Unreachable,
        _ => FailureReason.ConnectionLost,
    };

    private static string Describe(Exception e) => e switch
    {
        SocketException => "nothing listens there, or no route",
        _ => $"it refuses connections, asked {MaxAsked} times: too busy",
    };

    private static FirnException Explain(string name, FailureReason reason, Exception e) => reason switch
    {
        FailureReason.NotFirn => new FirnException(
            reason, $"{name} does not speak Firn (QUIC, ALPN {TlsOptions.Protocol}): {e.GetBaseException().Message.TrimEnd('.')}.", e),
        FailureReason.TimedOut => new FirnException(reason, $"{name} did not answer.", e),
        _ => new FirnException(reason, $"{name} closed the connection before it was set up.", e),
    };

    private static string NameOf(NodeAddress address, IPEndPoint remote) =>
        IPAddress.TryParse(address.Host, out _) ? address.ToString() : $"{address} ({remote.Address})";
}
