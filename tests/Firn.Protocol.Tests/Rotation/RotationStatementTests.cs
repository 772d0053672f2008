using System.Security.Cryptography;

namespace Firn.Protocol.Tests;

/// <summary>What one key signs to retire, and another to take its place.</summary>
public sealed class RotationStatementTests
{
    /// <summary>Of the key 1 for the key 2 (points G and 2G), at 1700000000000.</summary>
    private const string Recorded =
        "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
        "037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978" +
        "0000018bcfe56800";

    [Fact]
    public void Its_facts_are_at_their_places_and_both_keys_have_signed_it()
    {
        using var first = KeyOf(1);
        using var second = KeyOf(2);

        var statement = RotationStatement.Sign(first, second, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

        statement.Bytes.Length.ShouldBe(202);
        Convert.ToHexStringLower(statement.Bytes[..74]).ShouldBe(Recorded);
        (statement.Old, statement.New, statement.UnixMilliseconds).ShouldBe((LeafProfile.DidOf(first), LeafProfile.DidOf(second), 1_700_000_000_000UL));
        statement.IsGenuine().ShouldBeTrue();
        RotationStatement.TryRead(statement.Bytes, out var read).ShouldBeTrue();
        read.ShouldBe(statement);
        Verifies(first, "firn/1 rotation by old ", statement.Bytes.Slice(74, 64)).ShouldBeTrue();
        Verifies(second, "firn/1 rotation by new ", statement.Bytes[138..]).ShouldBeTrue();
        Verifies(first, "firn/1 rotation by new ", statement.Bytes.Slice(74, 64)).ShouldBeFalse();
    }

    [Fact]
    public void With_any_byte_altered_it_is_refused()
    {
        using var first = KeyOf(1);
        using var second = KeyOf(2);
        byte[] bytes = RotationStatement.Sign(first, second, DateTimeOffset.UnixEpoch).Bytes.ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte mask in new byte[] { 1, 0x80 })
            {
                byte[] altered = [.. bytes];
                altered[i] ^= mask;
                (RotationStatement.TryRead(altered, out var read) && read.IsGenuine()).ShouldBeFalse($"byte {i} ^ {mask}");
            }
        }
    }

    [Fact]
    public void The_two_signatures_do_not_stand_for_each_other()
    {
        using var first = KeyOf(1);
        using var second = KeyOf(2);
        byte[] there = RotationStatement.Sign(first, second, DateTimeOffset.UnixEpoch).Bytes.ToArray();
        byte[] swapped = [.. there[..74], .. there[138..], .. there[74..138]];
        byte[] turned = [.. there[33..66], .. there[..33], .. there[66..74], .. there[138..], .. there[74..138]];
        foreach (byte[] bytes in new[] { swapped, turned })
        {
            RotationStatement.TryRead(bytes, out var read).ShouldBeTrue();
            read!.IsGenuine().ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    [InlineData(203)]
    public void Another_length_is_refused(int length) => RotationStatement.TryRead(new byte[length], out _).ShouldBeFalse();

    [Fact]
    public void A_key_does_not_take_its_own_place()
    {
        using var key = KeyOf(1);
        RotationStatement.TryRead(RotationStatement.Sign(key, key, DateTimeOffset.UnixEpoch).Bytes, out _).ShouldBeFalse();
    }

    private static bool Verifies(ECDsa key, string label, ReadOnlySpan<byte> signature) => key.VerifyData(
        [.. System.Text.Encoding.ASCII.GetBytes(label), .. Convert.FromHexString(Recorded)], signature, HashAlgorithmName.SHA256,
        DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static ECDsa KeyOf(byte number)
    {
        byte[] secret = new byte[32];
        secret[^1] = number;
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
    }
}
