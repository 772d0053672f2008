using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>
/// The payload of an age file (C2SP, age, "Payload"): a nonce, then chunks of 64 KiB, each with a tag and with its number and whether it
/// is the last one in its nonce, so that none can be altered, moved, left out or cut off.
/// </summary>
internal static class AgePayload
{
    public const int NonceLength = 16;

    private const int ChunkLength = 64 * 1024;
    private const int TagLength = 16;
    private const int KeyLength = 32;

    /// <summary>The payload of <paramref name="plaintext"/>. The nonce is random, and new for each file.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> nonce)
    {
        int chunks = Math.Max(1, (plaintext.Length + ChunkLength - 1) / ChunkLength);
        byte[] payload = new byte[NonceLength + plaintext.Length + chunks * TagLength];
        nonce.CopyTo(payload);

        using var cipher = CipherOf(fileKey, nonce);
        Span<byte> chunkNonce = stackalloc byte[12];
        for (int i = 0; i < chunks; i++)
        {
            var chunk = plaintext[(i * ChunkLength)..Math.Min(plaintext.Length, (i + 1) * ChunkLength)];
            var sealedChunk = payload.AsSpan(NonceLength + i * (ChunkLength + TagLength), chunk.Length + TagLength);
            WriteNonce(chunkNonce, i, isLast: i == chunks - 1);
            cipher.Encrypt(chunkNonce, chunk, sealedChunk[..chunk.Length], sealedChunk[chunk.Length..]);
        }

        return payload;
    }

    /// <summary>
    /// All of the plaintext, pinned, for the caller to wipe; or nothing of it. <paramref name="payload"/> is what follows the header to the
    /// end of the file.
    /// </summary>
    /// <exception cref="AgeException">
    /// <see cref="AgeFault.Header"/>: the nonce is cut off. <see cref="AgeFault.Payload"/>: altered, cut, or with something behind it.
    /// </exception>
    public static byte[] Open(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> fileKey)
    {
        if (payload.Length < NonceLength)
            throw new AgeException(AgeFault.Header, "it is cut off after its header");
        var sealedChunks = payload[NonceLength..];
        int chunks = (sealedChunks.Length + ChunkLength + TagLength - 1) / (ChunkLength + TagLength);
        int length = sealedChunks.Length - chunks * TagLength;
        bool isLastChunkWhole = chunks > 0 && length >= (chunks - 1) * ChunkLength;

        // Only an empty file has an empty chunk.
        bool isLastChunkNeeded = chunks == 1 || length > (chunks - 1) * ChunkLength;
        if (!isLastChunkWhole || !isLastChunkNeeded)
            throw Altered();

        byte[] plaintext = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        using var cipher = CipherOf(fileKey, payload[..NonceLength]);
        Span<byte> chunkNonce = stackalloc byte[12];
        try
        {
            for (int i = 0; i < chunks; i++)
            {
                var chunk = plaintext.AsSpan(i * ChunkLength, Math.Min(length - i * ChunkLength, ChunkLength));
                var sealedChunk = sealedChunks.Slice(i * (ChunkLength + TagLength), chunk.Length + TagLength);
                WriteNonce(chunkNonce, i, isLast: i == chunks - 1);
                cipher.Decrypt(chunkNonce, sealedChunk[..chunk.Length], sealedChunk[chunk.Length..], chunk);
            }

            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            throw Altered();
        }
    }

    private static ChaCha20Poly1305 CipherOf(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> nonce)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, salt: nonce, info: "payload"u8);
        var cipher = new ChaCha20Poly1305(key);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    /// <summary>The chunk's number, big-endian, in 11 bytes; then 1 for the last one.</summary>
    private static void WriteNonce(Span<byte> nonce, int chunk, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt32BigEndian(nonce[7..], chunk);
        nonce[^1] = isLast ? (byte)1 : (byte)0;
    }

    private static AgeException Altered() => new(AgeFault.Payload, "what it holds was altered or cut off");
}
