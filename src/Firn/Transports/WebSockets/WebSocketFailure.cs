using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Authentication;

namespace Firn.Transports;

/// <summary>Why a WebSocket did not come about, in terms of Firn.</summary>
internal static class WebSocketFailure
{
    public static FirnException NotThisProtocol(NodeAddress address) => new(
        FailureReason.NotFirn, $"{address}: a WebSocket server answered that does not speak {WebSocketProtocol.SubProtocol}, the protocol of Firn.");

    public static FirnException UntrustedProxy(NodeAddress address, Uri proxy, SslPolicyErrors errors, Exception e) => new(
        FailureReason.Unreachable,
        $"Cannot reach {address}: the certificate of the proxy {Show(proxy)} is not trusted here ({errors}), so it was told nothing. "
        + "Have the system trust who signed it, or name the proxy as http:// if it is one.",
        e);

    /// <param name="address">What was dialled.</param>
    /// <param name="proxy">The proxy on the way, if there is one.</param>
    /// <param name="credential">What that proxy is given, if anything.</param>
    /// <param name="socket">Knows what the server answered, if it did.</param>
    /// <param name="e">What <see cref="ClientWebSocket"/> has thrown.</param>
    public static FirnException Explain(NodeAddress address, Uri? proxy, NetworkCredential? credential, ClientWebSocket socket, Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is FirnException known)
                return known;
        }

        var http = e as HttpRequestException ?? e.InnerException as HttpRequestException;
        if (http?.HttpRequestError == HttpRequestError.ProxyTunnelError)
            return OfProxy(address, proxy!, credential, http);
        if (http is null && (int)socket.HttpStatusCode is > 0 and not 101)
            return OfStatus(address, (int)socket.HttpStatusCode, e);
        return http?.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError when HasCause<AuthenticationException>(e) => new(
                FailureReason.NotFirn, $"{address}: no TLS answered there. If the server speaks plain HTTP, dial ws:// instead.", e),
            HttpRequestError.ResponseEnded or HttpRequestError.SecureConnectionError => new(
                FailureReason.ConnectionLost, $"{address} closed the connection before it answered.", e),
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.ConfigurationLimitExceeded => new(
                FailureReason.NotFirn, $"{address}: what answered there is no HTTP server.", e),
            null when e is WebSocketException => new(
                FailureReason.NotFirn, $"{address}: an HTTP server answered that opens no WebSocket of Firn: {e.Message.TrimEnd('.')}.", e),
            _ => new(FailureReason.ConnectionLost, $"{address}: the connection broke before a WebSocket was open: {e.GetBaseException().Message.TrimEnd('.')}.", e),
        };
    }

    /// <summary>A proxy as it may be shown: without a user or password.</summary>
    public static string Show(Uri proxy) => $"{proxy.Scheme}://{proxy.Authority}";

    private static FirnException OfProxy(NodeAddress address, Uri proxy, NetworkCredential? credential, HttpRequestException e)
    {
        string name = $"the proxy {Show(proxy)}";
        string why = e.StatusCode switch
        {
            HttpStatusCode.ProxyAuthenticationRequired when credential is null =>
                $"{name} asks for credentials (HTTP 407). Give them in the variable that names it: {proxy.Scheme}://USER:PASSWORD@{proxy.Authority}",
            HttpStatusCode.ProxyAuthenticationRequired => $"{name} refuses the credentials it was given (HTTP 407)",
            HttpStatusCode.Forbidden => $"{name} does not allow it (HTTP 403). Many allow port 443 alone",
            { } status => string.Create(CultureInfo.InvariantCulture, $"{name} does not get there (HTTP {(int)status})"),
            null => $"{name} does not get there: {e.GetBaseException().Message.TrimEnd('.')}",
        };
        return new FirnException(FailureReason.Unreachable, $"Cannot reach {address}: {why}.", e);
    }

    private static FirnException OfStatus(NodeAddress address, int status, Exception e)
    {
        string what = status switch
        {
            >= 300 and < 400 => address.Scheme == "ws" ? "it redirects elsewhere, most likely to https: dial wss:// instead" : "it redirects elsewhere: dial what it redirects to",
            401 or 403 or 407 => $"it asks for a login: let {WebSocketProtocol.Path} through without one, since Firn proves who is who",
            404 => $"it serves nothing at {WebSocketProtocol.Path}: have that passed on to the node",
            400 or 426 => $"if a reverse proxy stands there, have it pass on the headers Upgrade and Connection of {WebSocketProtocol.Path}",
            502 or 503 or 504 => "its node does not run, or a reverse proxy does not reach it",
            _ => $"expected a node at {WebSocketProtocol.Path}",
        };
        return new FirnException(
            FailureReason.NotFirn,
            string.Create(CultureInfo.InvariantCulture, $"{address}: an HTTP server answered {status}, and opened no WebSocket: {what}."), e);
    }

    private static bool HasCause<T>(Exception e) => e is T || (e.InnerException is { } inner && HasCause<T>(inner));
}
