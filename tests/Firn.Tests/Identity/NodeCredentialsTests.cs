using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Tests.Identity;

public sealed class NodeCredentialsTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly ECDsa _identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void A_leaf_proves_its_nodes_identity_for_seven_days()
    {
        var credentials = new NodeCredentials(_identity, Now);

        var check = LeafVerifier.Verify(credentials.Current.Der.Span, 0, Now);

        check.Leaf!.Did.ShouldBe(LeafProfile.DidOf(_identity));
        credentials.Current.Did.ShouldBe(check.Leaf.Did);
        credentials.Current.NotAfter.ShouldBe(Now.AddDays(7));
        check.Leaf.NotAfter.ShouldBe(credentials.Current.NotAfter);
    }

    [Fact]
    public void A_leaf_is_renewed_under_a_fresh_key_once_half_its_validity_has_gone()
    {
        var credentials = new NodeCredentials(_identity, Now, TimeSpan.FromHours(2));
        var first = credentials.Current;

        credentials.RenewAt.ShouldBe(Now.AddHours(1));
        credentials.Renew(Now.AddHours(1).AddTicks(-1)).ShouldBeFalse();
        credentials.Current.ShouldBeSameAs(first);

        credentials.Renew(Now.AddHours(1)).ShouldBeTrue();
        credentials.Current.NotAfter.ShouldBe(Now.AddHours(3));
        PublicKey(credentials.Current).ShouldNotBe(PublicKey(first));
    }

    private static byte[] PublicKey(LeafCredential leaf)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(leaf.Der.Span);
        return certificate.GetPublicKey();
    }
}
