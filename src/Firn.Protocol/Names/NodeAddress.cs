using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Firn.Protocol;

namespace Firn;

/// <summary>
/// Where to dial a node, and whom one expects there: <c>[scheme://][name@]host[:port]</c>. The scheme is <c>tcp</c>
/// (the default), <c>quic</c>, <c>ws</c> or <c>wss</c>; the port 3476 unless given (443 for <c>wss</c>, 80 for <c>ws</c>). These two may end in
/// their path, which is always <c>/firn</c>.
/// </summary>
public sealed record NodeAddress
{
    /// <summary>The path at which <c>ws</c> and <c>wss</c> are served.</summary>
    internal const string WebSocketPath = "/firn";

    /// <summary>The port that Firn listens on by default: F-I-R-N on a phone.</summary>
    public const int DefaultPort = 3476;

    private static readonly string[] Schemes = ["tcp", "quic", "wss", "ws"];

    private NodeAddress(string scheme, string? name, string host, int port) =>
        (Scheme, ExpectedName, Host, Port) = (scheme, name, host, port);

    /// <summary>The transport, in lower case.</summary>
    public string Scheme { get; }

    /// <summary>The name (before the <c>@</c>) of the node that is expected there; null when anyone is welcome.</summary>
    public string? ExpectedName { get; }

    /// <summary>The host to dial, in lower case, IPv6 in brackets; a link-local one with its interface here: <c>[fe80::1%2]</c>.</summary>
    public string Host { get; }

    /// <summary>The port, 0 to 65535; 0 is of use only for listening.</summary>
    public int Port { get; }

    /// <summary>
    /// Whether a peer has told it: then a name in it must not lead to this machine or its links. Told or not, it is the same address, and equal.
    /// </summary>
    internal bool IsTold { get; init; }

    /// <summary>Whether both lead to the same place and expect the same name there.</summary>
    public bool Equals(NodeAddress? other) =>
        other is not null && Port == other.Port && Host == other.Host && Scheme == other.Scheme && ExpectedName == other.ExpectedName;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Scheme, ExpectedName, Host, Port);

    /// <summary>An address of these parts.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: a part is malformed.</exception>
    public static NodeAddress Create(string scheme, string host, int port)
    {
        string? error = NameScanner.CheckHost(host, 0, host.Length, mayHaveScope: true);
        return error is null
            ? Parse(string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{port}"))
            : throw new FirnException(FailureReason.InvalidInput, error);
    }

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: the sentence points at the character.</exception>
    public static NodeAddress Parse(string text) => TryParse(text, out var address, out var error)
        ? address
        : throw new FirnException(FailureReason.InvalidInput, error);

    /// <summary>Reads <paramref name="text"/>; false with a sentence that points at the offending character.</summary>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out NodeAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        text ??= "";
        string scheme = "tcp";
        int start = 0;

        int separator = text.IndexOf("://", StringComparison.Ordinal);
        if (separator >= 0)
        {
            scheme = text[..separator].ToLowerInvariant();
            start = separator + 3;
            if (!Schemes.Contains(scheme))
            {
                error = NameScanner.At(text, 0, "expected tcp, quic, wss or ws before \"://\"");
                return false;
            }
        }

        if (scheme is "ws" or "wss" && text.IndexOf('/', start) is >= 0 and int slash)
        {
            if (text[slash..] is not ("/" or WebSocketPath))
            {
                error = NameScanner.At(text, slash, $"nodes are served at {WebSocketPath} alone: expected that path or none");
                return false;
            }

            text = text[..slash];
        }

        string? name = null;
        int at = text.IndexOf('@', start);
        if (at >= 0)
        {
            if ((error = NameScanner.CheckName(text, start, at)) is not null)
                return false;
            name = text[start..at];
            start = at + 1;
        }

        int hostEnd = EndOfHost(text, start);
        if ((error = NameScanner.CheckHost(text, start, hostEnd, mayHaveScope: true)) is not null)
            return false;
        if ((error = ReadPort(text, hostEnd, scheme, out int port)) is not null)
            return false;

        address = new NodeAddress(scheme, name, NameScanner.CanonicalHost(text[start..hostEnd]), port);
        return true;
    }

    /// <summary><c>scheme://[name@]host:port</c>, which reads back as the same address.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{(ExpectedName is null ? "" : ExpectedName + "@")}{Host}:{Port}");

    private static int EndOfHost(string text, int start)
    {
        if (start < text.Length && text[start] == '[')
        {
            int close = text.IndexOf(']', start);
            return close >= 0 && close + 1 < text.Length && text[close + 1] == ':' ? close + 1 : text.Length;
        }

        int colon = text.IndexOf(':', start);
        return colon >= 0 && text.LastIndexOf(':') == colon ? colon : text.Length;
    }

    private static string? ReadPort(string text, int hostEnd, string scheme, out int port)
    {
        port = scheme switch { "wss" => 443, "ws" => 80, _ => DefaultPort };
        if (hostEnd == text.Length)
            return null;

        var digits = text.AsSpan(hostEnd + 1);
        int wrong = digits.IndexOfAnyExceptInRange('0', '9');
        if (wrong < 0 && digits.Length is > 0 and <= 5 && (port = int.Parse(digits, CultureInfo.InvariantCulture)) <= 65535)
            return null;

        return NameScanner.At(text, hostEnd + 1 + Math.Max(0, wrong), "expected a port from 0 to 65535");
    }
}
