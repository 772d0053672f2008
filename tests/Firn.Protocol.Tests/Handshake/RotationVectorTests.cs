namespace Firn.Protocol.Tests.Handshake;

/// <summary>
/// As <see cref="VectorTests"/>, with both keys rotated: the initiator trusts, and expects, the first key of the acceptor, which was rotated
/// twice since; the acceptor trusts the key before the initiator's. Both ends admit by both.
/// </summary>
public sealed class RotationVectorTests
{
    /// <summary>Signed with the private keys 4 and 3, 3 and 2, 5 and 1, with the nonces of RFC 6979.</summary>
    private const string
        FourToThree =
            "02e2534a3532d08fbba02dde659ee62bd0031fe2db785596ef509302446b030852025ecbe4d1a6330a44c8f7ef951d4bf165" +
            "e6c6b721efada985fb41661bc6e7fd6c000001897bd98400886b8c8d70e4dd8343f41a3f1e284da57a5a399e6c02b8a5788f" +
            "41e2dedf78c197fe7b2a38cf8b2de86ab248ed6a06c50fc038cd7ab8941354f7cc62b2074398917403d0fe491852d7db5bdc" +
            "2e14c04137ed56ea0d74baf5b922c01d63f4b50860aa2a3d1d92db2fca55fa756166d0ef08603f36ea9b1fce7414b4d0f189" +
            "e20d",
        ThreeToTwo =
            "025ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c037cf27b188d034f7e8a52380304b51ac3" +
            "c08969e277f21b35a60b48fc476699780000018aa5df760098df24d7de3c00ed69d69bc9362c98575ffd7a471da30f505559" +
            "df21c429b35a31c4ff433a3248727187fd69b73b474ead84c58b3ec86a5e9bd28019f3588bc9797c84c5e8c3111a65ec4438" +
            "b42b2c47e638a39e89e359ad7e0c3d6c732f174bf0921c7e79d005d3a22fe7505e4cb08fe7fa4687196d8f2bbfd4a9d89dc0" +
            "6260",
        FiveToOne =
            "0251590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed036b17d1f2e12c4247f8bce6e563a440f2" +
            "77037d812deb33a0f4a13945d898c2960000018b944a9e009c0876e7df414f410a54234380da20ec34a40f2d09163b2832b1" +
            "afb2bc96f0fb2e1bc3e35bb059fe6b781606cfc24b611c31350e83b6e8d7e2cb7ef0767be47dc1f6c51f4a8a02714ae6f08a" +
            "474cb5d37d525955f506cdaebca40c978f314a5bf0e9b9cceb01d60849574b632233b18c5d173cc5da50e5f65fe09612de51" +
            "a41b";

    private static readonly (string Name, string Hex)[] Expected =
    [
        ("Challenge",
            "0101c0080110011a20b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b222ca0102e2534a3532" +
            "d08fbba02dde659ee62bd0031fe2db785596ef509302446b030852025ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efad" +
            "a985fb41661bc6e7fd6c000001897bd98400886b8c8d70e4dd8343f41a3f1e284da57a5a399e6c02b8a5788f41e2dedf78c1" +
            "97fe7b2a38cf8b2de86ab248ed6a06c50fc038cd7ab8941354f7cc62b2074398917403d0fe491852d7db5bdc2e14c04137ed" +
            "56ea0d74baf5b922c01d63f4b50860aa2a3d1d92db2fca55fa756166d0ef08603f36ea9b1fce7414b4d0f189e20d22ca0102" +
            "5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c037cf27b188d034f7e8a52380304b51ac3c0" +
            "8969e277f21b35a60b48fc476699780000018aa5df760098df24d7de3c00ed69d69bc9362c98575ffd7a471da30f505559df" +
            "21c429b35a31c4ff433a3248727187fd69b73b474ead84c58b3ec86a5e9bd28019f3588bc9797c84c5e8c3111a65ec4438b4" +
            "2b2c47e638a39e89e359ad7e0c3d6c732f174bf0921c7e79d005d3a22fe7505e4cb08fe7fa4687196d8f2bbfd4a9d89dc062" +
            "60"),
        ("Proof",
            "82013208011220a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a11803220764656661756c74" +
            "2a076140616c7068613080d095ffbc313a01624221037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc" +
            "476699784aca010251590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed036b17d1f2e12c4247f8" +
            "bce6e563a440f277037d812deb33a0f4a13945d898c2960000018b944a9e009c0876e7df414f410a54234380da20ec34a40f" +
            "2d09163b2832b1afb2bc96f0fb2e1bc3e35bb059fe6b781606cfc24b611c31350e83b6e8d7e2cb7ef0767be47dc1f6c51f4a" +
            "8a02714ae6f08a474cb5d37d525955f506cdaebca40c978f314a5bf0e9b9cceb01d60849574b632233b18c5d173cc5da50e5" +
            "f65fe09612de51a41bc5b8c26154166e682353b012db2aa1e3870939dea7da03cd801918e0c6804a3a"),
        ("Verdict", "83000f0a066240626574611081d095ffbc31ba481003c1ec85ce9c94bca72186e8ee4c0ce76662cbf6a6fa1a4b9a36b972c2"),
        ("session id", "77e72d188e3d05797167ea0ea1354715"),
    ];

    [Fact]
    public void The_handshake_of_rotated_keys_has_the_recorded_bytes() => Record().ShouldBe(Expected);

    [Fact]
    public void The_documentation_prints_the_recorded_bytes() => Vectors.ShouldBePrinted(Expected);

    private static (string Name, string Hex)[] Record()
    {
        using var cookie = Cookie.Parse("firn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        using var keyring = new Keyring(cookie.ToKey("default"));
        var (leafA, leafB) = (Vectors.Leaf(Vectors.G, "leaf of the initiator"), Vectors.Leaf(Vectors.G2, "leaf of the acceptor"));
        var (ofA, ofB) = (Chain(leafA.Did, FiveToOne), Chain(leafB.Did, FourToThree, ThreeToTwo));
        var a = Context("a@alpha", leafA.Did, 1_700_000_000_000, keyring, ofB, ofA);
        var b = Context("b@beta", leafB.Did, 1_700_000_000_001, keyring, ofA, ofB);

        using var initiator = new HandshakeInitiator(a, leafA.Der, leafB, TestNode.NonceOf(0xA1), "b", ofB.Statements[0].Old);
        using var acceptor = new HandshakeAcceptor(b, leafB.Der, leafA, TestNode.NonceOf(0xB2));
        byte[] challenge = acceptor.Challenge();
        byte[] proof = initiator.ReadChallenge(challenge);
        acceptor.ReadProof(proof).ExpectedDid.ShouldBe(leafB.Did);
        byte[] verdict = acceptor.Verdict(held: null);
        initiator.ReadVerdict(verdict);
        byte[] flight = initiator.Commit(null, 1, new PeerDescription { SoftwareVersion = "0.1.0" }, out var session);
        acceptor.ReadCommit(flight.AsSpan(..(HandshakeMessage.HeaderLength + HandshakeMessage.BytesAfter(flight)))).Session.ShouldBe(session);
        (initiator.Rotations.IsKnownGenuine, acceptor.Rotations.IsKnownGenuine).ShouldBe((true, true));

        return
        [
            ("Challenge", Convert.ToHexStringLower(challenge)),
            ("Proof", Convert.ToHexStringLower(proof)),
            ("Verdict", Convert.ToHexStringLower(verdict)),
            ("session id", session.ToString()),
        ];
    }

    private static RotationChain Chain(Did leadsTo, params string[] statements)
    {
        RotationChain.TryRead([.. statements.Select(s => (ReadOnlyMemory<byte>)Convert.FromHexString(s))], leadsTo, out var chain, out _).ShouldBeTrue();
        return chain.ShouldNotBeNull();
    }

    /// <summary>It trusts the key that <paramref name="theirs"/> begins with, and no other.</summary>
    private static HandshakeContext Context(
        string name, Did did, ulong incarnation, Keyring keyring, RotationChain theirs, RotationChain own) =>
        new(NodeName.Parse(name), did, new Incarnation(incarnation), "default",
            new AdmissionPolicy(AdmissionMode.Both, keyring, Policies.Trusting(theirs.Statements[0].Old)), VersionRange.Supported)
        {
            Rotations = own,
        };
}
