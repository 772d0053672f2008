using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Sessions;
using Firn.Transports;

namespace Firn.Tests.Sessions;

public class KnownLeavesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_leaf_that_is_known_is_taken_without_another_check_of_its_signatures()
    {
        var (leaves, leaf) = (new KnownLeaves(), Leaf());
        var first = leaves.Verify(new PeerCertificate(leaf, 0), Now);
        leaves.Verify(new PeerCertificate(leaf, 0), Now).Leaf!.Did.ShouldNotBeSameAs(first.Leaf!.Did);   // it has not got in yet

        leaves.Remember(first.Leaf!);

        leaves.Verify(new PeerCertificate(leaf, 0), Now).Leaf!.Did.ShouldBeSameAs(first.Leaf!.Did);
    }

    [Theory]
    [InlineData(-2, 0, CredentialFault.NotYetValid)]
    [InlineData(8 * 24, 0, CredentialFault.Expired)]
    [InlineData(0, 1, CredentialFault.SeveralCertificates)]
    public void What_may_change_is_checked_of_known_leaves_too(int hours, int extraCertificates, object fault)
    {
        var (leaves, leaf) = (new KnownLeaves(), Leaf());
        leaves.Remember(leaves.Verify(new PeerCertificate(leaf, 0), Now).Leaf!);

        leaves.Verify(new PeerCertificate(leaf, extraCertificates), Now.AddHours(hours)).Fault.ShouldBe((CredentialFault)fault);
    }

    [Fact]
    public void A_changed_byte_makes_it_unknown()
    {
        var (leaves, leaf) = (new KnownLeaves(), Leaf());
        leaves.Remember(leaves.Verify(new PeerCertificate(leaf, 0), Now).Leaf!);

        leaf[^1] ^= 1;

        leaves.Verify(new PeerCertificate(leaf, 0), Now).Leaf.ShouldBeNull();
    }

    private static byte[] Leaf()
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return CredentialIssuer.IssueLeaf(identity, key, RandomNumberGenerator.GetBytes(16), Now);
    }
}
