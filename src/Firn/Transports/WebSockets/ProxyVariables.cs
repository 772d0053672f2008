using System.Net;

namespace Firn.Transports;

/// <summary>
/// The proxies of the environment: <c>HTTP_PROXY</c> for <c>ws</c>, <c>HTTPS_PROXY</c> for <c>wss</c>, <c>ALL_PROXY</c> for what has none,
/// <c>NO_PROXY</c> for what is reached without one; each in lower case first. What is on this machine never goes through a proxy.
/// </summary>
internal sealed class ProxyVariables : IWebProxy, ICredentials
{
    private static readonly string[] Names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

    private readonly Func<string, string?> _variables;
    private readonly NoProxyList _direct;

    public ProxyVariables(Func<string, string?> variables)
    {
        _variables = variables;
        _direct = new NoProxyList(Read("NO_PROXY") ?? "");
    }

    /// <summary>Those of this process; what the system is set to where it has none (Windows and macOS can be set).</summary>
    public static IWebProxy OfProcess()
    {
        var variables = new ProxyVariables(Environment.GetEnvironmentVariable);
        return Array.Exists(Names, name => variables.Read(name) is not null) ? variables : HttpClient.DefaultProxy;
    }

    ICredentials? IWebProxy.Credentials { get => this; set => throw new NotSupportedException(); }

    /// <summary>The proxy on the way to <paramref name="destination"/>, without its credentials; null if there is none.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: a variable does not name a proxy. Its value, which may
    /// hold a password, is not told.</exception>
    public Uri? GetProxy(Uri destination)
    {
        if (destination.IsLoopback || _direct.Holds(destination))
            return null;

        string own = destination.Scheme is "wss" or "https" ? "HTTPS_PROXY" : "HTTP_PROXY";
        string? name = Array.Find([own, "ALL_PROXY"], name => Read(name) is not null);
        if (name is null)
            return null;

        return TryParse(Read(name)!)?.Proxy ?? throw new FirnException(
            FailureReason.InvalidInput, $"{name} in the environment names no proxy: expected http://, https:// or socks5://[USER:PASSWORD@]HOST:PORT.");
    }

    public bool IsBypassed(Uri host) => GetProxy(host) is null;

    NetworkCredential? ICredentials.GetCredential(Uri uri, string authType) => Names
        .Select(Read).OfType<string>().Select(TryParse)
        .FirstOrDefault(known => known?.Proxy.Scheme == uri.Scheme && known.Value.Proxy.Authority == uri.Authority)?.Credential;

    /// <summary>Whatever client of a CGI program sends a header <c>Proxy</c> sets its HTTP_PROXY (CVE-2016-5385).</summary>
    private string? Read(string name)
    {
        bool isForged = name == "HTTP_PROXY" && _variables("GATEWAY_INTERFACE") is not null;
        string? value = _variables(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower : isForged ? null : _variables(name);
        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }

    private static (Uri Proxy, NetworkCredential? Credential)? TryParse(string value)
    {
        int separator = value.IndexOf("://", StringComparison.Ordinal);
        string scheme = separator < 0 ? "http" : value[..separator].ToLowerInvariant();
        string rest = value[(separator < 0 ? 0 : separator + 3)..];
        int at = rest.LastIndexOf('@');   // passwords are often not escaped
        string host = rest[(at + 1)..].TrimEnd('/');
        if (scheme == "socks5h")
            scheme = "socks5";   // names are always resolved by the proxy
        int defaultPort = scheme switch { "http" => 80, "https" => 443, "socks5" or "socks4" or "socks4a" => 1080, _ => 0 };
        if (defaultPort == 0 || !Uri.TryCreate($"{scheme}://{host}", UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.PathAndQuery is not ("/" or ""))
            return null;

        var proxy = uri.Port > 0 ? uri : new UriBuilder(uri) { Port = defaultPort }.Uri;
        return (proxy, at < 0 ? null : CredentialOf(rest[..at]));
    }

    private static NetworkCredential CredentialOf(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new NetworkCredential(Uri.UnescapeDataString(text), "")
            : new NetworkCredential(Uri.UnescapeDataString(text[..colon]), Uri.UnescapeDataString(text[(colon + 1)..]));
    }
}
