using System.Security.Cryptography;
using SimpleBase;

namespace Firn.Protocol.Tests;

public class DidTests
{
    // W3C CCG, "The did:key Method", test vectors for P-256.
    private const string First = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169";
    private const string Second = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv";

    [Theory]
    [InlineData(First, "fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI", "hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU")]
    [InlineData(Second, "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns", "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM")]
    public void The_test_vectors_of_the_W3C_read_and_print(string text, string x, string y)
    {
        var did = Did.Parse(text);
        did.ToString().ShouldBe(text);
        P256Point.TryDecompress(did.Point, out var point).ShouldBeTrue();
        Base64Url(point.X!).ShouldBe(x);
        Base64Url(point.Y!).ShouldBe(y);
        Did.TryFromPoint(did.Point, out var again).ShouldBeTrue();
        again.ShouldBe(did);
        again.GetHashCode().ShouldBe(did.GetHashCode());
    }

    [Fact]
    public void Two_keys_are_two_identities()
    {
        Did first = Did.Parse(First), second = Did.Parse(Second);
        (first == second).ShouldBeFalse();
        (first != second).ShouldBeTrue();
        (first == Did.Parse(First)).ShouldBeTrue();
        (first == null).ShouldBeFalse();
    }

    public static TheoryData<string> OtherSpellings =>
    [
        "",
        "did:key:",
        "did:key:z",
        First[..^1],
        First + "1",
        First + " ",
        " " + First,
        First + "\n",
        First + "#" + First[8..],
        First.ToUpperInvariant(),
        "DID:key:" + First[8..],
        "did:KEY:" + First[8..],
        "did:web:" + First[8..],
        First[8..],
        "did:key:Z" + First[9..],
        "did:key:z1" + First[9..],                                          // a leading zero byte
        First.Replace("zDn", "zDn0", StringComparison.Ordinal),             // not in base58
        First.Replace("zDn", "zDnl", StringComparison.Ordinal),
        First.Replace('a', '\u0430'),
        "did:key:f" + Convert.ToHexString(MulticodecBytes(Did.Parse(First))),
        "did:key:u" + Base64Url(MulticodecBytes(Did.Parse(First))),
        "did:key:z" + new string('1', 55),
        "did:key:z" + new string('z', 4000),
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",         // Ed25519
        "did:key:z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9", // P-384
        WithMulticodec(0x81, 0x24),                                         // p384-pub with a P-256 point
        WithMulticodec(0x80, 0xA4, 0x00),                                   // 0x1200, not the shortest varint
        Spell([0x80, 0x24, 4, .. Did.Parse(First).Point[1..]]),             // a point of another form
        Spell([0x80, 0x24, .. Did.Parse(First).Point, 0]),
        Spell([0x80, 0x24, .. Did.Parse(First).Point[..32]]),
    ];

    [Theory]
    [MemberData(nameof(OtherSpellings))]
    public void No_other_spelling_is_accepted(string text)
    {
        Did.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FirnException>(() => Did.Parse(text)).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Fact]
    public void No_character_breaks_the_reader()
    {
        for (int c = 0; c <= char.MaxValue; c++)
        {
            string changed = string.Concat(First.AsSpan(0, 30), [(char)c], First.AsSpan(31));
            if (Did.TryParse(changed, out var did))
                did.ToString().ShouldBe(changed);
        }
    }

    [Fact]
    public void A_point_that_is_not_on_the_curve_is_no_identity()
    {
        int refused = 0;
        for (byte i = 0; i < 100; i++)
        {
            byte[] point = [.. Did.Parse(First).Point];
            point[^1] += i;
            bool isOnCurve = IsOnCurve(point);
            Did.TryFromPoint(point, out _).ShouldBe(isOnCurve);
            Did.TryParse(Spell([0x80, 0x24, .. point]), out _).ShouldBe(isOnCurve);
            refused += isOnCurve ? 0 : 1;
        }

        refused.ShouldBeInRange(20, 80);    // every other x has no y
    }

    // y² by OpenSSL, through the BCL: importing a point that is not on the curve fails.
    private static bool IsOnCurve(byte[] compressed)
    {
        if (!P256Point.TryDecompress(compressed, out var point))
        {
            point.X.ShouldBeNull();
            return false;
        }

        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        return key.KeySize == 256;
    }

    private static byte[] MulticodecBytes(Did did) => [0x80, 0x24, .. did.Point];

    private static string WithMulticodec(params byte[] codec) => Spell([.. codec, .. Did.Parse(First).Point]);

    private static string Spell(byte[] bytes) => "did:key:z" + Base58.Bitcoin.Encode(bytes);

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
