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
    public void The_generator_decompresses()
    {
        byte[] compressed = Convert.FromHexString("036B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296");
        P256Point.TryDecompress(compressed, out var point).ShouldBeTrue();
        Convert.ToHexString(point.Y!).ShouldBe("4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5");
    }

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
