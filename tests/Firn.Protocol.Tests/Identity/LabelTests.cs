using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Firn.Protocol.Tests;

/// <summary>Every key, signature and MAC is for one thing: nothing that was made for it is taken for another.</summary>
public sealed partial class LabelTests
{
    [GeneratedRegex("\"(firn/1 [^\"]*)\"")]
    private static partial Regex InQuotes { get; }

    /// <summary>All labels in the code, wherever they stand.</summary>
    private static IReadOnlyList<(string File, string Label)> All { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Root(), "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
            .SelectMany(file => InQuotes.Matches(File.ReadAllText(file)).Select(match => (Path.GetFileName(file), match.Groups[1].Value)))];

    [Fact]
    public void They_are_in_one_place_and_in_the_documentation()
    {
        All.Count.ShouldBeGreaterThanOrEqualTo(6);
        All.ShouldAllBe(found => found.File == "Labels.cs");
        string text = File.ReadAllText(Path.Combine(Root(), "docs", "protocol.md"));
        foreach (var (_, label) in All)
            text.ShouldContain($"`\"{label}\"`");
    }

    [Fact]
    public void None_is_another_or_its_beginning_nor_that_of_a_certificate()
    {
        for (int i = 0; i < All.Count; i++)
        {
            All[i].Label[0].ShouldNotBe((char)0x30);
            for (int j = 0; j < All.Count; j++)
            {
                bool begins = All[j].Label.StartsWith(All[i].Label, StringComparison.Ordinal);
                begins.ShouldBe(i == j, $"\"{All[i].Label}\" and \"{All[j].Label}\"");
            }
        }
    }

    [Fact]
    public void What_is_signed_for_one_does_not_verify_as_another()
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] message = RandomNumberGenerator.GetBytes(64);
        foreach (var (_, made) in All)
        {
            byte[] signature = identity.SignData([.. Encoding.ASCII.GetBytes(made), .. message], HashAlgorithmName.SHA256);
            foreach (var (_, read) in All)
            {
                byte[] asked = [.. Encoding.ASCII.GetBytes(read), .. message];
                identity.VerifyData(asked, signature, HashAlgorithmName.SHA256).ShouldBe(made == read, $"{made} as {read}");
            }
        }
    }

    [Fact]
    public void A_leaf_and_a_record_of_one_key_do_not_pass_for_each_other()
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = Handshake.TestNode.Now;
        byte[] leaf = CredentialIssuer.IssueLeaf(identity, leafKey, RandomNumberGenerator.GetBytes(16), now);
        var signed = Wire.SignedPeerRecord.Parser.ParseFrom(
            PeerRecord.Sign(identity, NodeName.Parse("a@alpha"), 1, now.AddHours(1), [NodeAddress.Parse("10.0.0.1:1")]));
        var fields = new LeafFields(leaf);

        // The signature of each over the content of the other, in the form that the other has.
        var asRecord = new Wire.SignedPeerRecord
        {
            Record = Google.Protobuf.ByteString.CopyFrom(fields.ToBeSigned.Span),
            Signature = Google.Protobuf.ByteString.CopyFrom(FromDer(fields.Signature)),
        };
        PeerRecord.TryVerify(Google.Protobuf.MessageExtensions.ToByteArray(asRecord), now, out _, out _).ShouldBeFalse();
        identity.VerifyData(fields.ToBeSigned.Span, signed.Signature.Span, HashAlgorithmName.SHA256).ShouldBeFalse();
        identity.VerifyData(signed.Record.Span, FromDer(fields.Signature), HashAlgorithmName.SHA256).ShouldBeFalse();
        fields.ToBeSigned.Span[0].ShouldBe((byte)0x30);
    }

    [Fact]
    public void The_keys_of_one_cookie_differ_by_label_and_no_MAC_of_one_verifies_under_another()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32), said = RandomNumberGenerator.GetBytes(32);
        var keys = All.Select(found => HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, [], Encoding.ASCII.GetBytes(found.Label))).ToList();
        keys.Select(Convert.ToHexString).Distinct().Count().ShouldBe(All.Count);
        keys.Select(key => Convert.ToHexString(HMACSHA256.HashData(key, said))).Distinct().Count().ShouldBe(All.Count);

        // And as the code derives them.
        using var cookie = new CookieKey(secret, isPassphrase: false);
        using var mac = new HandshakeKeys(cookie, 1);
        string[] derived = [Convert.ToHexString(mac[HandshakeRole.Initiator]), Convert.ToHexString(mac[HandshakeRole.Acceptor]), Convert.ToHexString(secret)];
        derived.Distinct().Count().ShouldBe(3);
    }

    private static byte[] FromDer(byte[] signature)
    {
        var sequence = new System.Formats.Asn1.AsnReader(signature, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        return [.. Fixed(sequence.ReadInteger()), .. Fixed(sequence.ReadInteger())];

        static byte[] Fixed(System.Numerics.BigInteger value)
        {
            byte[] bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
            return [.. new byte[32 - bytes.Length], .. bytes];
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Firn.slnx")))
            folder = folder.Parent.ShouldNotBeNull();
        return folder.FullName;
    }
}
