using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>
/// T: the running SHA-256 over all that both ends said, beginning with a label and the channel binding. A MAC covers T with
/// its message's header and body included; then the MAC itself is absorbed. Bytes are absorbed as sent and received.
/// </summary>
internal sealed class HandshakeTranscript : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public HandshakeTranscript(ReadOnlySpan<byte> initiatorLeaf, ReadOnlySpan<byte> acceptorLeaf)
    {
        using var binding = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        binding.AppendData(initiatorLeaf);
        binding.AppendData(acceptorLeaf);
        _hash.AppendData(Labels.Handshake);
        _hash.AppendData(binding.GetHashAndReset());
    }

    /// <summary>Absorbs and returns a message that bears no MAC.</summary>
    public byte[] Write(HandshakeMessageType type, ReadOnlySpan<byte> body)
    {
        var message = HandshakeMessage.Build(type, body, withMac: false);
        _hash.AppendData(message);
        return message;
    }

    /// <summary>Absorbs and returns a message with its MAC under <paramref name="macKey"/>.</summary>
    public byte[] Write(HandshakeMessageType type, ReadOnlySpan<byte> body, ReadOnlySpan<byte> macKey)
    {
        var message = HandshakeMessage.Build(type, body, withMac: true);
        _hash.AppendData(message.AsSpan(..^HandshakeMessage.MacLength));
        var mac = message.AsSpan(^HandshakeMessage.MacLength..);
        HMACSHA256.HashData(macKey, _hash.GetCurrentHash(), mac);
        _hash.AppendData(mac);
        return message;
    }

    /// <summary>Absorbs a received message, with its MAC if it bears one.</summary>
    public void Absorb(HandshakeMessage message)
    {
        _hash.AppendData(message.HeaderAndBody);
        _hash.AppendData(message.Mac);
    }

    /// <summary>
    /// Absorbs a received message and finds which of <paramref name="keys"/> made its MAC; -1 when none did, and then the
    /// two ends' transcripts differ for good. Every key is tried, so that the time does not tell which.
    /// </summary>
    public int Verify(HandshakeMessage message, HandshakeRole sender, params ReadOnlySpan<HandshakeKeys> keys)
    {
        _hash.AppendData(message.HeaderAndBody);
        byte[] t = _hash.GetCurrentHash();
        _hash.AppendData(message.Mac);

        int found = -1;
        Span<byte> expected = stackalloc byte[HandshakeMessage.MacLength];
        for (int i = 0; i < keys.Length; i++)
        {
            HMACSHA256.HashData(keys[i][sender], t, expected);
            if (CryptographicOperations.FixedTimeEquals(expected, message.Mac) && found < 0)
                found = i;
        }

        return found;
    }

    /// <summary>The id of the session: the first 16 bytes of HKDF-SHA256 over T, once the Commit is in it.</summary>
    public SessionId SessionId()
    {
        Span<byte> id = stackalloc byte[Firn.SessionId.Length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _hash.GetCurrentHash(), id, salt: [], Labels.Session);
        return new SessionId(id);
    }

    public void Dispose() => _hash.Dispose();
}
