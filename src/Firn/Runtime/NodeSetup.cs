using System.Reflection;
using Firn.Identity;
using Firn.Protocol;
using Firn.Transports;
using Firn.Unlocking;
using Microsoft.Extensions.Logging;

namespace Firn.Runtime;

/// <summary>Everything a node has before it opens its first socket: who it is, what it knows, how it talks.</summary>
internal sealed partial class NodeSetup : IDisposable
{
    private NodeSetup(NodeOptions options, FirnHome? home, NodeHome identity, Keyring keyring)
    {
        (Options, Home, Identity) = (options, home, identity);
        var now = options.TimeProvider.GetUtcNow();
        StartedAt = now;
        Credentials = new NodeCredentials(identity.Key, now);
        Self = new PeerKey(identity.Did, identity.Name);
        Handshake = new HandshakeContext(
            identity.Name, identity.Did, identity.Incarnation, ClusterName.Check(options.Cluster), keyring, VersionRange.Supported);
        Transports = options.Transports
            ?? [new TcpTransport(new TcpOptions(), options.TimeProvider, options.LoggerFactory.CreateLogger("Firn.Tcp"))];
        Description = new PeerDescription
        {
            SoftwareVersion = SoftwareVersion,
            Capabilities = [.. options.Capabilities],
            RoleHint = options.RoleHint,
        };
        PeerDescriptionCodec.Encode(Description);   // refuses what no peer would take
    }

    /// <summary>Product and version: <c>firn/0.1.0</c>.</summary>
    public static string SoftwareVersion { get; } = "firn/"
        + typeof(NodeSetup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public NodeOptions Options { get; }

    public FirnHome? Home { get; }

    public NodeHome Identity { get; }

    public DateTimeOffset StartedAt { get; }

    public NodeCredentials Credentials { get; }

    public PeerKey Self { get; }

    public HandshakeContext Handshake { get; }

    public IReadOnlyList<ITransport> Transports { get; }

    public PeerDescription Description { get; }

    /// <summary>Reads the home, takes the node's name, and makes its keys. A passphrase for a cookie is stretched here, once.</summary>
    /// <exception cref="FirnException">An option, the home or the cookie cannot be used.</exception>
    public static NodeSetup Create(NodeOptions options)
    {
        options.Validate();
        var home = options.Ephemeral ? null : FirnHome.Open(options.Home);
        var now = options.TimeProvider.GetUtcNow();
        using var cookie = options switch
        {
            { Cookie: { } text } => Cookie.Parse(text),
            { CookieFile: { } file } => FirnHome.ReadCookie(file),
            _ => home!.ReadCookie(),
        };
        if (cookie.IsPassphrase)
            LogPassphrase(options.LoggerFactory.CreateLogger("Firn.Node"));

        var keyring = new Keyring(cookie.ToKey(options.Cluster));
        NodeHome? identity = null;
        try
        {
            identity = home is null ? NodeHome.Ephemeral(options.Name, now) : NodeHome.Acquire(home, options.Name, now, UnlockerFor(options));
            return new NodeSetup(options, home, identity, keyring);
        }
        catch
        {
            keyring.Dispose();
            identity?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Handshake.Keyring.Dispose();
        Identity.Dispose();
    }

    private static Unlocker UnlockerFor(NodeOptions options) => new(options.PassphraseSources
        ?? (options.Passphrase is { } reader ? [new CallbackPassphrase(reader)] : PassphraseSource.Unattended()));

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "The cookie is a passphrase: whoever records one handshake with a false node can guess at it. Prefer a generated one: firn cookie generate")]
    private static partial void LogPassphrase(ILogger logger);
}
