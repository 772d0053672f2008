using System.Numerics;
using System.Security.Cryptography;

namespace Firn.Protocol.Tests;

public class P256PointTests
{
    private const string Prime = "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF";

    [Fact]
    public void Generated_keys_survive_compression()
    {
        var signs = new HashSet<byte>();
        for (int i = 0; i < 100; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var point = key.ExportParameters(false).Q;
            byte[] compressed = P256Point.Compress(point);
            signs.Add(compressed[0]);

            P256Point.TryDecompress(compressed, out var again).ShouldBeTrue();
            again.X.ShouldBe(point.X);
            again.Y.ShouldBe(point.Y);
        }

        signs.Order().ShouldBe<byte>([2, 3]);
    }

    [Fact]
    public void The_other_sign_is_the_other_point()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] compressed = P256Point.Compress(key.ExportParameters(false).Q);
        P256Point.TryDecompress(compressed, out var one).ShouldBeTrue();
        compressed[0] ^= 1;
        P256Point.TryDecompress(compressed, out var other).ShouldBeTrue();

        other.X.ShouldBe(one.X);
        (Number(one.Y!) + Number(other.Y!)).ShouldBe(Number(Convert.FromHexString(Prime)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("00" + "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")]
    [InlineData("04" + "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")]
    [InlineData("02" + "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C29600")]
    [InlineData("02" + "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2")]
    [InlineData("02" + Prime)]
    [InlineData("02" + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("02" + "FFFFFFFF00000001000000000000000000000001000000000000000000000004")]  // p + 5; 5 is on the curve
    public void What_is_no_compressed_point_is_refused(string hex) =>
        P256Point.TryDecompress(Convert.FromHexString(hex), out _).ShouldBeFalse();

    [Fact]
    public void The_generator_is_read_in_both_forms()
    {
        const string X = "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296";
        const string Y = "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5";
        P256Point.TryDecompress(Convert.FromHexString("03" + X), out var point).ShouldBeTrue();
        Convert.ToHexString(point.Y!).ShouldBe(Y);

        P256Point.TryRead(Convert.FromHexString("04" + X + Y), out point).ShouldBeTrue();
        Convert.ToHexString(P256Point.Write(point)).ShouldBe("04" + X + Y);
    }

    [Fact]
    public void Generated_keys_are_read_back()
    {
        for (int i = 0; i < 100; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            byte[] bytes = P256Point.Write(key.ExportParameters(false).Q);
            P256Point.TryRead(bytes, out var again).ShouldBeTrue();
            P256Point.Write(again).ShouldBe(bytes);

            bytes[1 + (i % 64)] ^= 1;
            P256Point.TryRead(bytes, out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void What_is_no_uncompressed_point_is_refused()
    {
        // The point with x = 5, and the same once more with the prime added to x.
        P256Point.TryDecompress(Convert.FromHexString("02" + "05".PadLeft(64, '0')), out var five).ShouldBeTrue();
        byte[] good = P256Point.Write(five);
        P256Point.TryRead(good, out _).ShouldBeTrue();
        byte[] overflowing = [4, .. (Number(five.X!) + Number(Convert.FromHexString(Prime))).ToByteArray(isUnsigned: true, isBigEndian: true), .. five.Y!];
        overflowing.Length.ShouldBe(good.Length);

        P256Point.TryRead(overflowing, out _).ShouldBeFalse();
        P256Point.TryRead([2, .. good[1..]], out _).ShouldBeFalse();
        P256Point.TryRead(good.AsSpan(0, 64), out _).ShouldBeFalse();
        P256Point.TryRead([.. good, 0], out _).ShouldBeFalse();
        P256Point.TryRead(new byte[65], out _).ShouldBeFalse();
        P256Point.TryRead([4, .. new byte[64]], out _).ShouldBeFalse();
        P256Point.TryRead([], out _).ShouldBeFalse();
    }

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
