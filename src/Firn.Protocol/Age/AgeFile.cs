using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>
/// An age file, version 1, under a passphrase (C2SP, age): what <c>age -p</c> writes and <c>age -d</c> opens, in its binary form. A
/// passphrase is bytes, UTF-8 as it was typed.
/// </summary>
internal sealed class AgeFile
{
    /// <summary>How many random bytes a file takes: its key, the salt of its passphrase, the nonce of its payload.</summary>
    public const int RandomLength = AgeHeader.FileKeyLength + AgeScrypt.SaltLength + AgePayload.NonceLength;

    private readonly AgeHeader _header;
    private readonly AgeScrypt _recipient;
    private readonly ReadOnlyMemory<byte> _payload;

    private AgeFile(AgeHeader header, AgeScrypt recipient, ReadOnlyMemory<byte> payload) =>
        (_header, _recipient, _payload) = (header, recipient, payload);

    /// <summary>Encrypts <paramref name="plaintext"/> with a passphrase, at the price of <see cref="Scrypt"/>.</summary>
    /// <param name="plaintext">What goes in.</param>
    /// <param name="passphrase">Not empty.</param>
    /// <param name="workFactor">The base-2 logarithm of scrypt's N, 1 to <see cref="AgeScrypt.MaxWorkFactor"/>.</param>
    /// <param name="random"><see cref="RandomLength"/> bytes that were never used before.</param>
    public static byte[] Encrypt(
        ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> passphrase, int workFactor, ReadOnlySpan<byte> random)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(random.Length, RandomLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(workFactor, AgeScrypt.MaxWorkFactor);

        var fileKey = random[..AgeHeader.FileKeyLength];
        var salt = random.Slice(fileKey.Length, AgeScrypt.SaltLength);
        var nonce = random[(fileKey.Length + salt.Length)..];
        byte[] header = AgeHeader.Write(AgeScrypt.Wrap(fileKey, passphrase, salt, workFactor), fileKey);
        return [.. header, .. AgePayload.Seal(plaintext, fileKey, nonce)];
    }

    /// <summary>Reads all that needs no passphrase; cheap, whatever <paramref name="file"/> says.</summary>
    /// <exception cref="AgeException">Not a well-formed file for a passphrase.</exception>
    public static AgeFile Parse(ReadOnlyMemory<byte> file)
    {
        var header = AgeHeader.Parse(file.Span);
        return new AgeFile(header, AgeScrypt.Read(header), file[header.Length..]);
    }

    /// <summary>What is in it, pinned, for the caller to wipe. One run of <see cref="Scrypt"/>.</summary>
    /// <exception cref="AgeException">The passphrase is wrong, or the file was altered.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> passphrase)
    {
        Span<byte> fileKey = stackalloc byte[AgeHeader.FileKeyLength];
        try
        {
            _recipient.Unwrap(passphrase, fileKey);
            _header.Verify(fileKey);
            return AgePayload.Open(_payload.Span, fileKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }
}
