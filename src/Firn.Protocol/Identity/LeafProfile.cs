using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Protocol;

/// <summary>What a leaf looks like: the numbers that its issuer and its verifier share.</summary>
internal static class LeafProfile
{
    /// <summary>The extension that carries the issuer's public key, uncompressed: 2.25 and a UUID (ITU-T X.667) made for Firn.</summary>
    public const string IdentityOid = "2.25.91464064623838332955483367206539786582";

    public const int MaxLength = 4096;

    public static readonly TimeSpan DefaultValidity = TimeSpan.FromDays(7);
    public static readonly TimeSpan MaxValidity = TimeSpan.FromDays(30);

    /// <summary>How far the clocks of two nodes may differ: credentials are valid from that long before they were made.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    /// <summary><see cref="IdentityOid"/> in DER.</summary>
    public static ReadOnlySpan<byte> IdentityOidDer =>
    [
        0x06, 0x14, 0x69, 0x81, 0x89, 0xcf, 0xab, 0xa3, 0xa0, 0xf9, 0xc2, 0xb4, 0xa1, 0xb8, 0xbc, 0xc7, 0xc5, 0xd9, 0xcb, 0xb1, 0xf2, 0x56,
    ];

    /// <summary>AlgorithmIdentifier ecdsa-with-SHA256 without parameters (RFC 5758, section 3.2).</summary>
    public static ReadOnlySpan<byte> EcdsaWithSha256Der => [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

    /// <summary>A P-256 SubjectPublicKeyInfo by named curve, up to the two coordinates (RFC 5480, section 2).</summary>
    public static ReadOnlySpan<byte> P256KeyDerPrefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    private static ReadOnlySpan<byte> BasicConstraintsOidDer => [0x06, 0x03, 0x55, 0x1d, 0x13];
    private static ReadOnlySpan<byte> EndEntityDer => [0x30, 0x00];
    private static ReadOnlySpan<byte> KeyUsageOidDer => [0x06, 0x03, 0x55, 0x1d, 0x0f];
    private static ReadOnlySpan<byte> DigitalSignatureDer => [0x03, 0x02, 0x07, 0x80];

    /// <summary>Whether a critical extension says what it says in every leaf: no certificate authority, a key for signing.</summary>
    public static bool IsUnderstood(ReadOnlySpan<byte> oidDer, ReadOnlySpan<byte> value) =>
        (oidDer.SequenceEqual(BasicConstraintsOidDer) && value.SequenceEqual(EndEntityDer))
        || (oidDer.SequenceEqual(KeyUsageOidDer) && value.SequenceEqual(DigitalSignatureDer));

    /// <summary>The name under which the identity of <paramref name="did"/> issues.</summary>
    public static X500DistinguishedName Issuer(Did did)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(did.ToString());
        return name.Build();
    }

    /// <summary>The DID of a private or public P-256 key.</summary>
    /// <exception cref="ArgumentException">The key is of another curve.</exception>
    public static Did DidOf(ECDsa key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return parameters.Curve.IsNamed && parameters.Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value
            ? Did.FromValidPoint(P256Point.Compress(parameters.Q))
            : throw new ArgumentException("Expected a key of the curve P-256.", nameof(key));
    }
}
