using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Firn.Identity;
using Firn.Relays;

namespace Firn.Transports;

/// <summary>A connection before TLS.</summary>
/// <param name="Stream">Any duplex stream; the link disposes it.</param>
/// <param name="Name">What errors call the other end.</param>
/// <param name="Transport">The scheme of the transport.</param>
/// <param name="RemoteEndPoint">The other end's address, where there is one.</param>
/// <param name="Abort">Cuts the connection, from any thread, as often as one likes.</param>
/// <param name="Relay">What carries it through a relay, if one does.</param>
internal sealed record RawConnection(
    Stream Stream, string Name, string Transport, IPEndPoint? RemoteEndPoint, Action Abort, RelayLeg? Relay = null)
{
    /// <summary>As <see cref="ILink.Dialled"/>.</summary>
    public NodeAddress? Dialled { get; init; }

    /// <summary>Whether the endpoint may be that of a proxy.</summary>
    public bool IsProxied { get; init; }
}

/// <summary>TLS 1.3 with ALPN <c>firn/1</c> over any duplex stream, both ends presenting a leaf.</summary>
internal sealed class TlsLink : ILink
{
    private readonly RawConnection _raw;
    private readonly SslStream _tls;

    private TlsLink(RawConnection raw, SslStream tls, PeerCertificate remote, LeafCredential local, bool isInitiator) =>
        (_raw, _tls, Remote, Local, IsInitiator) = (raw, tls, remote, local, isInitiator);

    public Stream Stream => _tls;

    public PeerCertificate Remote { get; }

    public LeafCredential Local { get; }

    public bool IsInitiator { get; }

    public IPEndPoint? RemoteEndPoint => _raw.RemoteEndPoint;

    public NodeAddress? Dialled => _raw.Dialled;

    public IPAddress? Vantage => _raw.IsProxied ? null : RemoteEndPoint?.Address;

    public string Transport => _raw.Transport;

    public RelayLeg? Relay => _raw.Relay;

    /// <summary>Secures <paramref name="raw"/> as the end that dialled. When that fails, the connection is closed.</summary>
    /// <exception cref="FirnException">As <see cref="ITransport.DialAsync"/>.</exception>
    public static Task<TlsLink> InitiateAsync(RawConnection raw, LeafCredential local, CancellationToken cancellationToken) =>
        SecureAsync(raw, local, isInitiator: true, cancellationToken);

    /// <summary>Secures <paramref name="raw"/> as the end that was dialled. When that fails, the connection is closed.</summary>
    /// <exception cref="FirnException">As <see cref="IPendingLink.SecureAsync"/>.</exception>
    public static Task<TlsLink> AcceptAsync(RawConnection raw, LeafCredential local, CancellationToken cancellationToken) =>
        SecureAsync(raw, local, isInitiator: false, cancellationToken);

    public void Abort() => _raw.Abort();

    public async ValueTask DisposeAsync() => await _tls.DisposeAsync().ConfigureAwait(false);

    private static async Task<TlsLink> SecureAsync(
        RawConnection raw, LeafCredential local, bool isInitiator, CancellationToken cancellationToken)
    {
        var tls = new SslStream(raw.Stream, leaveInnerStreamOpen: false);
        try
        {
            var remote = new PresentedCertificates(isInitiator);
            await (isInitiator
                ? tls.AuthenticateAsClientAsync(TlsOptions.ForInitiator(local, remote.Record), cancellationToken)
                : tls.AuthenticateAsServerAsync(TlsOptions.ForAcceptor(local, remote.Record), cancellationToken)).ConfigureAwait(false);
            if (tls.NegotiatedApplicationProtocol != TlsOptions.Protocol)
                throw new AuthenticationException("it did not agree on a protocol");
            return new TlsLink(raw, tls, remote.Seen, local, isInitiator);
        }
        catch (Exception e)
        {
            raw.Abort();
            await tls.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(raw, e);
        }
    }

    /// <summary>Whatever TLS trips over comes from the other end, and means either that it left or that it speaks something else.</summary>
    private static FirnException Explain(RawConnection raw, Exception e) => e is IOException
        ? new FirnException(FailureReason.ConnectionLost, $"{raw.Name} closed the connection before TLS was set up.", e)
        : new FirnException(
            FailureReason.NotFirn,
            $"{raw.Name} does not speak Firn (TLS 1.3, ALPN {TlsOptions.Protocol}): {e.GetBaseException().Message.TrimEnd('.')}.",
            e);
}
