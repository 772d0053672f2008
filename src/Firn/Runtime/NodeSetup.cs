using System.Reflection;
using Firn.Identity;
using Firn.Protocol;
using Firn.Transports;
using Firn.Unlocking;

namespace Firn.Runtime;

/// <summary>Everything a node has before it opens its first socket: who it is, what it knows, how it talks.</summary>
internal sealed class NodeSetup : IDisposable
{
    private HandshakeContext _handshake;

    private NodeSetup(NodeOptions options, FirnHome? home, NodeHome identity, AdmissionSource admission)
    {
        (Options, Home, Identity, Admission) = (options, home, identity, admission);
        var now = options.TimeProvider.GetUtcNow();
        StartedAt = now;
        Credentials = new NodeCredentials(identity.Key, now);
        Self = new PeerKey(identity.Did, identity.Name);
        _handshake = new HandshakeContext(
            identity.Name, identity.Did, identity.Incarnation, ClusterName.Check(options.Cluster), admission.Current, VersionRange.Supported)
        {
            Rotations = identity.Rotations,
        };
        Pins = identity.Directory is { } directory ? new PinStore(directory) : null;
        KeptPins = Pins?.Read() ?? [];
        Advertised = OwnAddresses.ReadAdvertised(options.Advertise);
        Transports = options.Transports ?? DefaultTransports.Create(options);
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

    /// <summary>Whom the node admits, as its home and options say.</summary>
    public AdmissionSource Admission { get; }

    /// <summary>What handshakes that begin now are given.</summary>
    public HandshakeContext Handshake => Volatile.Read(ref _handshake);

    /// <summary>Where names that belong to a key for good are kept; null for an ephemeral node.</summary>
    public PinStore? Pins { get; }

    /// <summary>Those that were kept when the node started.</summary>
    public IReadOnlyList<PeerKey> KeptPins { get; }

    public IReadOnlyList<ITransport> Transports { get; }

    /// <summary>Where others reach this node besides where it listens.</summary>
    public IReadOnlyList<NodeAddress> Advertised { get; }

    public PeerDescription Description { get; }

    /// <summary>Reads the home, takes the node's name, and makes its keys. A passphrase for a cookie is stretched here, once.</summary>
    /// <exception cref="FirnException">An option, the home or the cookie cannot be used.</exception>
    public static NodeSetup Create(NodeOptions options)
    {
        options.Validate();
        var home = options.Ephemeral ? null : FirnHome.Open(options.Home);
        var now = options.TimeProvider.GetUtcNow();
        var admission = new AdmissionSource(options, home);
        NodeHome? identity = null;
        try
        {
            identity = home is null ? NodeHome.Ephemeral(options.Name, now) : NodeHome.Acquire(home, options.Name, now, UnlockerFor(options));
            if (!identity.Rotations.IsEmpty && admission.Follow(identity.Rotations))
                admission.Renew();   // its own old keys are nobody's any more
            return new NodeSetup(options, home, identity, admission);
        }
        catch
        {
            admission.Dispose();
            identity?.Dispose();
            throw;
        }
    }

    /// <summary>Handshakes that begin from now on follow <paramref name="policy"/>.</summary>
    public void Use(AdmissionPolicy policy) => Volatile.Write(ref _handshake, _handshake with { Admission = policy });

    public void Dispose()
    {
        Admission.Dispose();
        Identity.Dispose();
    }

    private static Unlocker UnlockerFor(NodeOptions options) => new(options.PassphraseSources
        ?? (options.Passphrase is { } reader ? [new CallbackPassphrase(reader)] : PassphraseSource.Unattended()));
}
