using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>Reads what a peer put into a handshake message, each field within its limits.</summary>
internal static class WireFields
{
    public const int NonceLength = 32;

    /// <summary>Parses a body. Fields of later versions are skipped: the MAC covers the bytes, not what is understood of them.</summary>
    public static T Parse<T>(MessageParser<T> parser, HandshakeMessage message)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(message.Body);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw HandshakeException.Malformed($"The peer's {message.Type} is malformed: {e.Message}");
        }
    }

    public static byte[] Nonce(ByteString bytes) => bytes.Length == NonceLength
        ? bytes.ToByteArray()
        : throw HandshakeException.Malformed($"The peer's nonce has {bytes.Length} bytes: expected {NonceLength}.");

    public static NodeName Name(string text) => NodeName.TryParse(text, out var name, out var error)
        ? name
        : throw HandshakeException.Malformed($"The peer's name is malformed: {error}");

    public static Incarnation Incarnation(ulong value) => value != 0
        ? new Incarnation(value)
        : throw HandshakeException.Malformed("The peer's incarnation is 0.");

    public static string Cluster(string text) => ClusterName.IsValid(text)
        ? text
        : throw HandshakeException.Malformed("The name of the peer's cluster is malformed.");

    /// <summary>A name or a full name, null when empty.</summary>
    public static string? ExpectedName(string text)
    {
        if (text.Length == 0)
            return null;
        var error = NameScanner.CheckName(text, 0, text.Length);
        return error is null || NodeName.TryParse(text, out _, out error)
            ? text
            : throw HandshakeException.Malformed($"The name that the peer expects is malformed: {error}");
    }

    /// <summary>A compressed point, null when empty.</summary>
    public static Did? ExpectedDid(ByteString bytes)
    {
        if (bytes.IsEmpty)
            return null;
        return Did.TryFromPoint(bytes.Span, out var did)
            ? did
            : throw HandshakeException.Malformed("The DID that the peer expects is no point of P-256.");
    }

    /// <summary>How the key of <paramref name="leaf"/> took the place of earlier ones; no signature is looked at.</summary>
    public static RotationChain Rotations(IReadOnlyList<ByteString> statements, Did leaf) =>
        RotationChain.TryRead([.. statements.Take(RotationChain.MaxStatements + 1).Select(static s => s.Memory)], leaf, out var chain, out var fault)
            ? chain
            : throw HandshakeException.Malformed($"The rotations that the peer tells are malformed: {fault}.");

    public static IEnumerable<ByteString> ToWire(RotationChain chain) => chain.Statements.Select(static s => ByteString.CopyFrom(s.Bytes));

    public static SessionId? Session(ByteString bytes) => bytes.Length switch
    {
        0 => null,
        SessionId.Length => new SessionId(bytes.Span),
        _ => throw HandshakeException.Malformed($"The peer's session id has {bytes.Length} bytes: expected {SessionId.Length}."),
    };

    public static PeerDescription Description(HandshakeMessage message) =>
        PeerDescriptionCodec.TryDecode(message.Body, out var description, out var problem)
            ? description
            : throw HandshakeException.Malformed($"The peer's description is not valid: {problem}.");

    public static ByteString ToWire(SessionId? session) => session is { } id ? ByteString.CopyFrom(id.ToBytes()) : ByteString.Empty;
}
