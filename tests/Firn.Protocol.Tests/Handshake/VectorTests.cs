using System.Net;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>
/// A handshake of fixed inputs, byte by byte, as docs/protocol.md prints it: who writes another client checks it against these,
/// and nobody changes the wire unawares.
/// </summary>
public sealed class VectorTests
{
    private static readonly (string Name, string Hex)[] Expected =
    [
        ("MAC key of the initiator", "1e9f042aca1640b5cab9a2cf8f102544a8055063d465b9e417cca56cc6dd38bb"),
        ("MAC key of the acceptor", "8911d56fec1edba031acc78d8961c9278dcc78d1d6ec2d4c83837917e240d57c"),
        ("Challenge", "010026080110011a20b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"),
        ("Proof",
            "82006508011220a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a11801220764656661756c74" +
            "2a076140616c7068613080d095ffbc313a01624221037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc" +
            "476699784bca40cf785b363e6ba23d16ec3ad413d98ff603b7aa4be53b9fb53041522d26"),
        ("Verdict",
            "8300210a066240626574611081d095ffbc311a10000102030405060708090a0b0c0d0e0ff0f7f787bea55c4893d02e62d800" +
            "74e15f65ecf33497915c91625f632cbe9e06"),
        ("Commit",
            "8400140a10000102030405060708090a0b0c0d0e0f100798e9104739086cac54cfd8f4eff9ff8412c875ccf56ed2caff1c70" +
            "1ba190b910"),
        ("Describe of the initiator",
            "8500150a05302e312e301205656e7472791a00320308f87f2b7b90d75e616a8855fb1223bbe34f4f730c125307455b8eaece" +
            "203c80ecf3e8"),
        ("Describe of the acceptor",
            "85002c1a0408011002220a31302e302e302e302f382a137463703a2f2f31302e302e302e323a33343736320308f87f8ed939" +
            "bea7b38dbe12dc83df5251ff98087d505672c0a615ad372851f033b114"),
        ("session id", "9f16fd50d915a0b8db2b4f20d71f3f5c"),
    ];

    [Fact]
    public void The_handshake_of_fixed_inputs_has_the_recorded_bytes() => Record().ShouldBe(Expected);

    [Fact]
    public void The_documentation_prints_the_recorded_bytes()
    {
        Vectors.Documentation.ShouldContain(LeafProfile.IdentityOid);
        Vectors.ShouldBePrinted(Expected);
    }

    private static (string Name, string Hex)[] Record()
    {
        using var cookie = Cookie.Parse("firn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        using var keyring = new Keyring(cookie.ToKey("default"));
        using var keys = new HandshakeKeys(keyring[0], version: 1);

        // The DIDs are the points G and 2G; instead of certificates, two texts.
        var (leafA, leafB) = (Vectors.Leaf(Vectors.G, "leaf of the initiator"), Vectors.Leaf(Vectors.G2, "leaf of the acceptor"));
        var (didA, didB) = (leafA.Did, leafB.Did);
        var a = Context("a@alpha", didA, 1_700_000_000_000, keyring);
        var b = Context("b@beta", didB, 1_700_000_000_001, keyring);
        var held = new SessionId(Convert.FromHexString("000102030405060708090a0b0c0d0e0f"));

        using var initiator = new HandshakeInitiator(a, leafA.Der, leafB, TestNode.NonceOf(0xA1), "b", didB);
        using var acceptor = new HandshakeAcceptor(b, leafB.Der, leafA, TestNode.NonceOf(0xB2));

        byte[] challenge = acceptor.Challenge();
        byte[] proof = initiator.ReadChallenge(challenge);
        acceptor.ReadProof(proof);
        byte[] verdict = acceptor.Verdict(held);
        initiator.ReadVerdict(verdict);
        var entry = new PeerDescription { SoftwareVersion = "0.1.0", Capabilities = ["entry"] };
        byte[] flight = initiator.Commit(held, 7, entry, out var session);
        int length = HandshakeMessage.HeaderLength + HandshakeMessage.BytesAfter(flight);
        acceptor.ReadCommit(flight.AsSpan(..length)).Session.ShouldBe(session);
        acceptor.ReadDescribe(flight.AsSpan(length..));
        byte[] describe = acceptor.Describe(new PeerDescription
        {
            RoleHint = RoleHint.Prefer(NodeRole.Exit),
            Routes = [IPNetwork.Parse("10.0.0.0/8")],
            Addresses = [NodeAddress.Parse("tcp://10.0.0.2:3476")],
        });
        initiator.ReadDescribe(describe);

        return
        [
            ("MAC key of the initiator", Convert.ToHexStringLower(keys[HandshakeRole.Initiator])),
            ("MAC key of the acceptor", Convert.ToHexStringLower(keys[HandshakeRole.Acceptor])),
            ("Challenge", Convert.ToHexStringLower(challenge)),
            ("Proof", Convert.ToHexStringLower(proof)),
            ("Verdict", Convert.ToHexStringLower(verdict)),
            ("Commit", Convert.ToHexStringLower(flight.AsSpan(..length))),
            ("Describe of the initiator", Convert.ToHexStringLower(flight.AsSpan(length..))),
            ("Describe of the acceptor", Convert.ToHexStringLower(describe)),
            ("session id", session.ToString()),
        ];
    }

    private static HandshakeContext Context(string name, Did did, ulong incarnation, Keyring keyring) =>
        new(NodeName.Parse(name), did, new Incarnation(incarnation), "default", AdmissionPolicy.ByCookie(keyring), VersionRange.Supported);
}
