using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>An end that knows the cookie and says what it likes under valid MACs: a future version, or a rogue member.</summary>
internal sealed class Forger : IDisposable
{
    private readonly HandshakeTranscript _transcript;
    private readonly HandshakeKeys _keys;
    private readonly HandshakeRole _role;

    public Forger(TestNode initiator, TestNode acceptor, HandshakeRole role, CookieKey? key = null)
    {
        _transcript = new HandshakeTranscript(initiator.Leaf.Der.Span, acceptor.Leaf.Der.Span);
        _keys = new HandshakeKeys(key ?? TestNode.Key(1), 1);
        _role = role;
    }

    public static byte[] ProofOf(TestNode node, byte nonce = 0xA1, Action<Proof>? change = null)
    {
        var proof = new Proof
        {
            Version = 1,
            Nonce = ByteString.CopyFrom(TestNode.NonceOf(nonce)),
            Admission = Admission.Cookie,
            Cluster = node.Context.Cluster,
            Name = node.Context.Name.ToString(),
            Incarnation = node.Context.Incarnation.Value,
        };
        change?.Invoke(proof);
        return proof.ToByteArray();
    }

    public void Absorb(byte[] message) => _transcript.Absorb(HandshakeMessage.Read(message));

    public byte[] Write(HandshakeMessageType type, ReadOnlySpan<byte> body) => _transcript.Write(type, body, _keys[_role]);

    public byte[] WritePlain(HandshakeMessageType type, ReadOnlySpan<byte> body) => _transcript.Write(type, body);

    public void Dispose()
    {
        _transcript.Dispose();
        _keys.Dispose();
    }
}
