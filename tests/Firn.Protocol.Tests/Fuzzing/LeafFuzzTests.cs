using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Firn.Protocol.Tests;

/// <summary>Certificates of any kind: a leaf whose identity has signed it and whose time it is, or a fault with a sentence.</summary>
public sealed class LeafFuzzTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _honest;

    public LeafFuzzTests()
    {
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _honest = CredentialIssuer.IssueLeaf(_identity, leafKey, new byte[16], Now);
    }

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void Any_bytes_are_refused_but_the_honest_leaf() => Fuzz.Run(mutator =>
    {
        byte[] bytes = mutator.Chance(8) ? mutator.Bytes(300) : mutator.Mutate(_honest);
        if (Verify(bytes) is { Leaf: not null })
            bytes.ShouldBe(_honest);
    });

    [Fact]
    public void Any_fields_in_good_DER_are_read_or_refused() => Fuzz.Run(mutator =>
    {
        var tree = DerTree.Read(_honest);
        tree.Mutate(mutator);
        try
        {
            var fields = new LeafFields(tree.Encode());
            fields.NotBefore.ShouldBeLessThanOrEqualTo(fields.NotAfter);
        }
        catch (AsnContentException)
        {
            // Refused.
        }
    });

    [Fact]
    public void A_rogues_leaf_of_any_fields_under_its_good_signature_is_read_or_refused()
    {
        var did = LeafProfile.DidOf(_identity);
        Fuzz.Run(Fuzz.SignedCases, mutator =>
        {
            var fields = DerTree.Read(new LeafFields(_honest).ToBeSigned);
            fields.Mutate(mutator);
            if (Verify(Sign(fields.Encode())).Leaf is not { } leaf)
                return;

            leaf.Did.ShouldBe(did);
            Now.ShouldBeInRange(leaf.NotBefore, leaf.NotAfter);
            (leaf.NotAfter - leaf.NotBefore).ShouldBeLessThanOrEqualTo(LeafProfile.MaxValidity);
        });
    }

    private static LeafCheck Verify(byte[] der)
    {
        var check = LeafVerifier.Verify(der, 0, Now);
        (check.Leaf is null).ShouldBe(check.Fault != CredentialFault.None);
        check.Sentence.Any(char.IsControl).ShouldBeFalse();
        return check;
    }

    private byte[] Sign(byte[] toBeSigned)
    {
        byte[] signature = _identity.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return DerTree.Encode(0x30, [.. toBeSigned, .. LeafProfile.EcdsaWithSha256Der, .. DerTree.Encode(0x03, [0, .. signature])]);
    }
}
