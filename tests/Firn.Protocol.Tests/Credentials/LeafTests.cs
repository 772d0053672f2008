using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Protocol.Tests.Credentials;

public sealed class LeafTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Serial = [.. Enumerable.Range(1, 16).Select(i => (byte)(i * 17))];

    private readonly ECDsa _identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _identity.Dispose();
        _leafKey.Dispose();
    }

    [Fact]
    public void A_fresh_leaf_verifies_as_the_identity_that_signed_it()
    {
        byte[] der = Issue();
        var leaf = LeafVerifier.Verify(der, 0, Now).Leaf.ShouldNotBeNull();

        leaf.Did.ShouldBe(LeafProfile.DidOf(_identity));
        leaf.Der.ToArray().ShouldBe(der);
        leaf.NotBefore.ShouldBe(Now.AddHours(-1));
        leaf.NotAfter.ShouldBe(Now.AddDays(7));
        der.Length.ShouldBeLessThan(600, "every handshake carries two");
    }

    [Fact]
    public void No_certificate_is_refused() => Refused(LeafVerifier.Verify([], 0, Now), CredentialFault.NoCertificate, "no certificate");

    [Fact]
    public void Two_certificates_are_refused() =>
        Refused(LeafVerifier.Verify(Issue(), 1, Now), CredentialFault.SeveralCertificates, "2 certificates");

    [Fact]
    public void A_leaf_over_4_KiB_is_refused_unread() =>
        Refused(LeafVerifier.Verify(new byte[4097], 0, Now), CredentialFault.TooLarge, "4097 bytes: expected up to 4096");

    [Fact]
    public void An_expired_leaf_is_refused_with_both_times() =>
        Refused(
            LeafVerifier.Verify(Issue(), 0, Now.AddDays(7).AddSeconds(1)),
            CredentialFault.Expired,
            "until 2026-07-08 12:00:00Z, but the clock here says 2026-07-08 12:00:01Z");

    [Fact]
    public void A_leaf_from_the_future_is_refused_with_both_times() =>
        Refused(
            LeafVerifier.Verify(Issue(), 0, Now.AddHours(-2)),
            CredentialFault.NotYetValid,
            "from 2026-07-01 11:00:00Z, but the clock here says 2026-07-01 10:00:00Z");

    [Fact]
    public void A_leaf_holds_at_its_first_and_its_last_second()
    {
        LeafVerifier.Verify(Issue(), 0, Now.AddHours(-1)).Fault.ShouldBe(CredentialFault.None);
        LeafVerifier.Verify(Issue(), 0, Now.AddDays(7)).Fault.ShouldBe(CredentialFault.None);
    }

    [Fact]
    public void A_leaf_that_lives_over_30_days_is_refused_and_never_issued()
    {
        Refused(Verify(Forge(validity: TimeSpan.FromDays(31))), CredentialFault.TooLong, "over 30 days");
        Should.Throw<ArgumentOutOfRangeException>(() => CredentialIssuer.IssueLeaf(_identity, _leafKey, Serial, Now, TimeSpan.FromDays(30)));
    }

    [Fact]
    public void A_leaf_signed_by_somebody_else_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Refused(Verify(Forge(signer: other)), CredentialFault.NotSignedByIdentity, "not signed by it");
    }

    [Fact]
    public void A_leaf_signed_by_its_own_key_is_refused() =>
        Refused(Verify(Forge(signer: _leafKey)), CredentialFault.NotSignedByIdentity, "not signed by it");

    [Fact]
    public void A_leaf_whose_key_is_the_identity_key_is_refused() =>
        Refused(Verify(Forge(key: new PublicKey(_identity))), CredentialFault.NotSignedByIdentity, "identity key itself");

    [Fact]
    public void A_leaf_signed_over_another_hash_is_refused() =>
        Refused(Verify(Forge(hash: HashAlgorithmName.SHA384)), CredentialFault.NotSignedByIdentity, "not signed with ECDSA and SHA-256");

    [Fact]
    public void A_P384_leaf_is_refused_though_its_identity_signed_it()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Refused(Verify(Forge(key: new PublicKey(key))), CredentialFault.KeyNotP256, "not a P-256 key");
    }

    [Fact]
    public void An_RSA_leaf_is_refused_though_its_identity_signed_it()
    {
        using var key = RSA.Create(2048);
        Refused(Verify(Forge(key: new PublicKey(key))), CredentialFault.KeyNotP256, "not a P-256 key");
    }

    [Fact]
    public void A_certificate_without_identity_is_refused() =>
        Refused(Verify(Forge(identity: [])), CredentialFault.MissingIdentity, "names no identity key");

    [Fact]
    public void An_identity_that_is_no_point_of_the_curve_is_refused()
    {
        byte[] point = IdentityPoint;
        point[^1] ^= 1;
        Refused(Verify(Forge(identity: OctetString(point))), CredentialFault.IdentityNotOnCurve, "not a point");
        Refused(Verify(Forge(identity: OctetString([]))), CredentialFault.IdentityNotOnCurve, "not a point");
    }

    [Fact]
    public void A_compressed_identity_is_refused_though_it_is_a_point()
    {
        byte[] compressed = LeafProfile.DidOf(_identity).Point.ToArray();
        Refused(Verify(Forge(identity: OctetString(compressed))), CredentialFault.IdentityNotOnCurve, "not a point");
    }

    [Fact]
    public void An_unknown_extension_is_ignored_unless_it_is_critical()
    {
        Verify(Forge(extra: new X509Extension("1.2.3.4", [5, 0], critical: false))).Fault.ShouldBe(CredentialFault.None);
        Refused(Verify(Forge(extra: new X509Extension("1.2.3.4", [5, 0], critical: true))), CredentialFault.Malformed, "critical extension");
        Refused(
            Verify(Forge(extra: new X509BasicConstraintsExtension(true, false, 0, critical: true))),
            CredentialFault.Malformed,
            "critical extension");
    }

    [Fact]
    public void A_leaf_names_one_identity_only()
    {
        byte[] identity = OctetString(IdentityPoint);
        byte[] der = Forge(extra: new X509Extension(LeafProfile.IdentityOid.Replace("582", "583", StringComparison.Ordinal), identity, false));
        Verify(der).Fault.ShouldBe(CredentialFault.None);

        // CertificateRequest refuses a repeated extension: make the neighbour's OID equal in the DER instead.
        byte[] neighbour = [.. LeafProfile.IdentityOidDer[..^1], (byte)(LeafProfile.IdentityOidDer[^1] + 1)];
        int at = der.AsSpan().IndexOf(neighbour);
        der[at + neighbour.Length - 1]--;
        Refused(Verify(der), CredentialFault.Malformed, "two identities");
    }

    [Fact]
    public void Every_changed_byte_of_a_leaf_is_refused()
    {
        byte[] der = Issue();
        for (int i = 0; i < der.Length; i++)
        {
            byte[] changed = [.. der];
            changed[i] ^= (byte)(1 << (i % 8));
            LeafVerifier.Verify(changed, 0, Now).Leaf.ShouldBeNull($"byte {i}");
        }
    }

    [Fact]
    public void A_leaf_with_a_byte_more_or_less_is_refused()
    {
        byte[] der = Issue();
        Refused(LeafVerifier.Verify([.. der, 0], 0, Now), CredentialFault.Malformed, "malformed");
        for (int length = 1; length < der.Length; length++)
            Refused(LeafVerifier.Verify(der.AsSpan(0, length), 0, Now), CredentialFault.Malformed, "malformed");
    }

    [Fact]
    public void The_constant_bytes_of_the_identity_OID_are_those_of_its_number()
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(LeafProfile.IdentityOid);
        writer.Encode().ShouldBe(LeafProfile.IdentityOidDer.ToArray());
    }

    private byte[] IdentityPoint => P256Point.Write(_identity.ExportParameters(false).Q);

    private byte[] Issue() => CredentialIssuer.IssueLeaf(_identity, _leafKey, Serial, Now);

    private static LeafCheck Verify(byte[] der) => LeafVerifier.Verify(der, 0, Now);

    /// <summary>A leaf as an attacker would make it: each part may be another.</summary>
    private byte[] Forge(
        PublicKey? key = null,
        ECDsa? signer = null,
        byte[]? identity = null,
        HashAlgorithmName? hash = null,
        TimeSpan? validity = null,
        X509Extension? extra = null)
    {
        var did = LeafProfile.DidOf(_identity);
        var request = new CertificateRequest(
            new X500DistinguishedName("CN=firn leaf"), key ?? new PublicKey(_leafKey), hash ?? HashAlgorithmName.SHA256);
        identity ??= OctetString(IdentityPoint);
        if (identity.Length > 0)
            request.CertificateExtensions.Add(new X509Extension(LeafProfile.IdentityOid, identity, critical: false));
        if (extra is not null)
            request.CertificateExtensions.Add(extra);
        using var certificate = request.Create(
            LeafProfile.Issuer(did), X509SignatureGenerator.CreateForECDsa(signer ?? _identity),
            Now.AddHours(-1), Now.AddHours(-1) + (validity ?? TimeSpan.FromDays(1)), Serial);
        return certificate.RawData;
    }

    private static byte[] OctetString(byte[] content) => [4, (byte)content.Length, .. content];

    private static void Refused(LeafCheck check, CredentialFault fault, string sentence)
    {
        check.Leaf.ShouldBeNull();
        check.Fault.ShouldBe(fault, check.Sentence);
        check.Sentence.ShouldContain(sentence);
    }
}
