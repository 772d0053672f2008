using System.Security.Cryptography;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>A node as the handshake sees it: identity, leaf and context, with a strong cookie unless another is given.</summary>
internal sealed class TestNode : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestNode(string name, string cluster = "default", VersionRange? versions = null, params CookieKey[] keys)
        : this(name, AdmissionPolicy.ByCookie(new Keyring(keys.Length > 0 ? keys : [Key(1)])), cluster, versions)
    {
    }

    public TestNode(string name, AdmissionPolicy admission, string cluster = "default", VersionRange? versions = null)
    {
        Context = new HandshakeContext(
            NodeName.Parse(name),
            LeafProfile.DidOf(_identity),
            new Incarnation((ulong)Now.ToUnixTimeMilliseconds()),
            cluster,
            admission,
            versions ?? VersionRange.Supported);
        Leaf = NewLeaf();
        Description = new PeerDescription { SoftwareVersion = $"test of {name}", Capabilities = ["exit"] };
    }

    public HandshakeContext Context { get; private set; }

    /// <summary>The cookies of a node that has some.</summary>
    public Keyring Keyring => Context.Admission.Keyring.ShouldNotBeNull();

    public Did Did => Context.Did;

    public VerifiedLeaf Leaf { get; }

    public PeerDescription Description { get; }

    /// <summary>The key of a strong cookie of equal bytes.</summary>
    public static CookieKey Key(byte fill, bool isPassphrase = false) => new(Enumerable.Repeat(fill, 32).ToArray(), isPassphrase);

    public static byte[] NonceOf(byte fill) => [.. Enumerable.Repeat(fill, 32)];

    /// <summary>The node admits in this way from its next handshake on.</summary>
    public TestNode Admit(AdmissionMode mode, params IEnumerable<Did> trusted)
    {
        var keyring = mode.DemandsCookie() ? Context.Admission.Keyring ?? new Keyring(Key(1)) : null;
        Context = Context with { Admission = new AdmissionPolicy(mode, keyring, Policies.Trusting(trusted)) };
        return this;
    }

    /// <summary>The node after a rotation: another key, which this one has signed for.</summary>
    public TestNode Rotate(RotationChain? before = null)
    {
        var next = new TestNode(Context.Name.ToString(), Context.Admission, Context.Cluster);
        var chain = (before ?? Context.Rotations).Append(RotationStatement.Sign(_identity, next._identity, Now));
        next.Context = next.Context with { Rotations = chain };
        return next;
    }

    /// <summary>It tells these rotations in its handshakes, whatever they are worth.</summary>
    public TestNode Tell(RotationChain rotations)
    {
        Context = Context with { Rotations = rotations };
        return this;
    }

    /// <summary>It has seen these rotations.</summary>
    public TestNode See(params RotationChain[] chains)
    {
        foreach (var chain in chains)
            Context = Context with { Admission = Context.Admission.After(chain).ShouldNotBeNull() };
        return this;
    }

    public HandshakeInitiator Dial(VerifiedLeaf remote, string? expectedName = null, Did? expectedDid = null, byte nonce = 0xA1) =>
        new(Context, Leaf.Der, remote, NonceOf(nonce), expectedName, expectedDid);

    public HandshakeAcceptor Accept(VerifiedLeaf remote, byte nonce = 0xB2) => new(Context, Leaf.Der, remote, NonceOf(nonce));

    public VerifiedLeaf NewLeaf()
    {
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] der = CredentialIssuer.IssueLeaf(_identity, leafKey, RandomNumberGenerator.GetBytes(16), Now);
        return LeafVerifier.Verify(der, 0, Now).Leaf.ShouldNotBeNull();
    }

    public void Dispose()
    {
        Context.Admission.Keyring?.Dispose();
        _identity.Dispose();
    }
}
