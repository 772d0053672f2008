using Firn.Protocol.Tests.Handshake;

namespace Firn.Protocol.Tests.Invites;

/// <summary>A joining of fixed inputs, byte by byte, as docs/protocol.md prints it.</summary>
public sealed class JoinVectorTests
{
    private static readonly (string Name, string Hex)[] Expected =
    [
        ("MAC key of the joiner", "fd7635a6cf69c8698e7ca9c3d88722c707ff5d7b3c5863273f9513ab5241ca92"),
        ("MAC key of the inviter", "09d087834e2253ba1c91cfa2b5582f2b6b10de80624a5ab5d87a95e92cdf7a81"),
        ("Join that looks",
            "87003708011220a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a11a08000000000000000722" +
            "076140616c706861c626caec50b91a15ba0537f51f56e36636fd063738f590c8c83a0389c691b4ba"),
        ("Offer",
            "8800150a0764656661756c741206624062657461180120016331c1b4c4f0ad9ad27781d76fb13443d78fe1dccd8773b94df1" +
            "da5981417830"),
        ("Join that takes",
            "87003908011220a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a11a08000000000000000722" +
            "076140616c70686128014b7da54789e61d7e6649ee378f013749b08659dbf4c9363755398aedf4639c6e"),
        ("Grant",
            "8900390a150a0764656661756c741206624062657461180120011220000102030405060708090a0b0c0d0e0f101112131415" +
            "161718191a1b1c1d1e1fd1e0c416c0a9831734b21758ef6f52e04fd4689239095f6a57a6e566576d1062"),
    ];

    [Fact]
    public void The_joining_of_fixed_inputs_has_the_recorded_bytes() => Record().ShouldBe(Expected);

    [Fact]
    public void The_documentation_prints_the_recorded_bytes() => Vectors.ShouldBePrinted(Expected);

    private static (string Name, string Hex)[] Record()
    {
        using var cookie = Cookie.Parse("firn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        using var keyring = new Keyring(cookie.ToKey("default"));
        using var code = new InviteCode([.. Enumerable.Range(1, InviteCode.Length).Select(i => (byte)i)]);
        using var keys = new HandshakeKeys(code, version: 1);
        var (joiner, inviter) = (Vectors.Leaf(Vectors.G, "leaf of the initiator"), Vectors.Leaf(Vectors.G2, "leaf of the acceptor"));
        var self = new HandshakeContext(
            NodeName.Parse("b@beta"), inviter.Did, new Incarnation(1), "default", AdmissionPolicy.ByCookie(keyring), VersionRange.Supported);
        using var line = InviteLine.Parse(InviteLine.Write(
            InviteGifts.Cookie, inviter.Did, new InviteId(7), code, TestNode.Now, [NodeAddress.Parse("tcp://10.0.0.2:3476")]));
        var offer = new JoinOffer("default", self.Name, AdmissionMode.Cookie, InviteGifts.Cookie);

        var look = Join(takes: false);
        var take = Join(takes: true);
        return
        [
            ("MAC key of the joiner", Convert.ToHexStringLower(keys[HandshakeRole.Initiator])),
            ("MAC key of the inviter", Convert.ToHexStringLower(keys[HandshakeRole.Acceptor])),
            ("Join that looks", look.Join),
            ("Offer", look.Answer),
            ("Join that takes", take.Join),
            ("Grant", take.Answer),
        ];

        (string Join, string Answer) Join(bool takes)
        {
            using var acceptor = new HandshakeAcceptor(self, inviter.Der, joiner, TestNode.NonceOf(0xB2));
            using var initiator = new JoinInitiator(
                new JoinIdentity(NodeName.Parse("a@alpha"), joiner.Did, VersionRange.Supported), joiner.Der, inviter, TestNode.NonceOf(0xA1), line, takes);
            byte[] join = initiator.ReadChallenge(acceptor.Challenge());
            using var machine = acceptor.ToJoining();
            machine.ReadJoin(join, (id, version) => new HandshakeKeys(code, version)).ShouldBe(new JoinReceived(new InviteId(7), NodeName.Parse("a@alpha"), takes));
            byte[] answer = takes ? machine.Grant(offer, keyring[0]) : machine.Offer(offer);
            if (takes)
                initiator.ReadGrant(answer).Cookie.ShouldNotBeNull().Dispose();
            else
                initiator.ReadOffer(answer).ShouldBe(offer);
            return (Convert.ToHexStringLower(join), Convert.ToHexStringLower(answer));
        }
    }
}
