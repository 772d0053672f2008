using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>A leaf that its identity has signed and whose time it is. Who presents it has its key: TLS has seen to that.</summary>
/// <param name="Did">The identity that signed it.</param>
/// <param name="Der">The certificate as received, for the channel binding.</param>
/// <param name="NotBefore">The begin of its validity.</param>
/// <param name="NotAfter">The end of its validity, and of every session made with it.</param>
internal sealed record VerifiedLeaf(Did Did, ReadOnlyMemory<byte> Der, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <summary>What became of a check: the verified leaf, or the fault and a sentence for the local log.</summary>
internal readonly record struct LeafCheck(VerifiedLeaf? Leaf, CredentialFault Fault, string Sentence);

/// <summary>
/// The one check of a peer's certificate, for both roles. The names in it prove nothing and are not looked at: the signature
/// by the identity key is what counts. Stateless; costs about as much as two signature checks.
/// </summary>
internal static class LeafVerifier
{
    /// <summary>Checks what a peer presented.</summary>
    /// <param name="leafDer">Its first certificate; empty when there was none.</param>
    /// <param name="extraCertificates">How many others it sent.</param>
    /// <param name="now">The local clock.</param>
    public static LeafCheck Verify(ReadOnlySpan<byte> leafDer, int extraCertificates, DateTimeOffset now)
    {
        if (leafDer.IsEmpty)
            return Refuse(CredentialFault.NoCertificate, "The peer presented no certificate: it is not a Firn node.");
        if (leafDer.Length > LeafProfile.MaxLength)
            return Refuse(CredentialFault.TooLarge, $"The peer's certificate has {leafDer.Length} bytes: expected up to {LeafProfile.MaxLength}.");
        if (extraCertificates != 0)
            return Refuse(CredentialFault.SeveralCertificates, $"The peer presented {extraCertificates + 1} certificates: expected one.");

        ReadOnlyMemory<byte> copy = leafDer.ToArray();
        LeafFields fields;
        try
        {
            fields = new LeafFields(copy);
        }
        catch (AsnContentException e)
        {
            return Refuse(CredentialFault.Malformed, $"The peer's certificate is malformed: {e.Message}");
        }

        var key = fields.PublicKey.Span;
        var prefix = LeafProfile.P256KeyDerPrefix;
        if (!key.StartsWith(prefix) || key.Length != prefix.Length + 64)
            return Refuse(CredentialFault.KeyNotP256, "The key of the peer's certificate is not a P-256 key: it is not a Firn node.");
        if (fields.Identity is null)
            return Refuse(CredentialFault.MissingIdentity, "The peer's certificate names no identity key: it is not a Firn node.");
        if (!P256Point.TryRead(fields.Identity, out var identity))
            return Refuse(CredentialFault.IdentityNotOnCurve, "The identity key in the peer's certificate is not a point of P-256.");

        var did = Did.FromValidPoint(P256Point.Compress(identity));
        if (key.Slice(prefix.Length, 32).SequenceEqual(identity.X))
            return Refuse(CredentialFault.NotSignedByIdentity, $"The certificate of {did} holds the identity key itself.");
        if (!IsEcdsaWithSha256(fields.InnerAlgorithm) || !IsEcdsaWithSha256(fields.OuterAlgorithm))
            return Refuse(CredentialFault.NotSignedByIdentity, $"The certificate that names {did} is not signed with ECDSA and SHA-256.");
        if (!IsSignedBy(identity, fields))
            return Refuse(CredentialFault.NotSignedByIdentity, $"The peer's certificate names {did} but is not signed by it.");

        if (fields.NotAfter - fields.NotBefore > LeafProfile.MaxValidity)
            return Refuse(CredentialFault.TooLong, $"The certificate of {did} is valid for over {LeafProfile.MaxValidity.Days} days.");
        if (now < fields.NotBefore)
        {
            return Refuse(CredentialFault.NotYetValid,
                $"The certificate of {did} is valid from {Show(fields.NotBefore)}, but the clock here says {Show(now)}: " +
                "one of the two clocks is wrong.");
        }

        if (now > fields.NotAfter)
        {
            return Refuse(CredentialFault.Expired,
                $"The certificate of {did} was valid until {Show(fields.NotAfter)}, but the clock here says {Show(now)}: " +
                "it was not renewed, or one of the two clocks is wrong.");
        }

        return new LeafCheck(new VerifiedLeaf(did, copy, fields.NotBefore, fields.NotAfter), CredentialFault.None, "");
    }

    private static LeafCheck Refuse(CredentialFault fault, string sentence) => new(null, fault, sentence);

    private static bool IsEcdsaWithSha256(ReadOnlyMemory<byte> algorithm) => algorithm.Span.SequenceEqual(LeafProfile.EcdsaWithSha256Der);

    private static bool IsSignedBy(ECPoint identity, LeafFields fields)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = identity });
        return key.VerifyData(fields.ToBeSigned.Span, fields.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static string Show(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
