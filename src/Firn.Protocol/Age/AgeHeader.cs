using System.Security.Cryptography;
using System.Text;

namespace Firn.Protocol;

/// <summary>One recipient's part of a header: arguments, the first of them its type, and the file key as wrapped for it.</summary>
internal sealed record AgeStanza(IReadOnlyList<string> Arguments, byte[] Body);

/// <summary>
/// The header of an age file, version 1 (C2SP, age, "Header"): stanzas, and a MAC over all of it under the file key, that shows
/// alterations once a stanza has given that key.
/// </summary>
internal sealed class AgeHeader
{
    public const string VersionLine = "age-encryption.org/v1";
    public const int FileKeyLength = 16;
    public const int MacLength = HMACSHA256.HashSizeInBytes;

    private readonly byte[] _macInput;
    private readonly byte[] _mac;

    private AgeHeader(IReadOnlyList<AgeStanza> stanzas, int length, byte[] macInput, byte[] mac) =>
        (Stanzas, Length, _macInput, _mac) = (stanzas, length, macInput, mac);

    /// <summary>At least one.</summary>
    public IReadOnlyList<AgeStanza> Stanzas { get; }

    /// <summary>How many bytes of the file the header takes. The payload follows.</summary>
    public int Length { get; }

    /// <summary>Reads the header that <paramref name="file"/> begins with, as its grammar has it and not otherwise.</summary>
    /// <exception cref="AgeException"><see cref="AgeFault.Header"/>.</exception>
    public static AgeHeader Parse(ReadOnlySpan<byte> file)
    {
        var reader = new AgeHeaderReader(file);
        reader.ReadVersion();
        var stanzas = new List<AgeStanza>();
        while (reader.IsAtStanza)
            stanzas.Add(reader.ReadStanza());
        byte[] mac = reader.ReadMac(out int macInputLength);
        return stanzas.Count > 0
            ? new AgeHeader(stanzas, reader.Position, file[..macInputLength].ToArray(), mac)
            : throw new AgeException(AgeFault.Header, "its header names no recipient");
    }

    /// <summary>The header with this one stanza, for the file of this key.</summary>
    public static byte[] Write(AgeStanza stanza, ReadOnlySpan<byte> fileKey)
    {
        byte[] body = AgeBase64.Encode(stanza.Body);
        var text = new StringBuilder($"{VersionLine}\n-> {string.Join(' ', stanza.Arguments)}\n");
        for (int i = 0; i <= body.Length; i += AgeHeaderReader.FullLine)   // also an empty line, after a full one
            text.Append(Encoding.ASCII.GetString(body.AsSpan(i, Math.Min(AgeHeaderReader.FullLine, body.Length - i)))).Append('\n');
        text.Append("---");

        byte[] macInput = Encoding.ASCII.GetBytes(text.ToString());
        return [.. macInput, (byte)' ', .. AgeBase64.Encode(Mac(macInput, fileKey)), (byte)'\n'];
    }

    /// <summary>Whether the header is the one that was written with this file key; in constant time.</summary>
    /// <exception cref="AgeException"><see cref="AgeFault.HeaderMac"/>: it is not.</exception>
    public void Verify(ReadOnlySpan<byte> fileKey)
    {
        if (!CryptographicOperations.FixedTimeEquals(Mac(_macInput, fileKey), _mac))
            throw new AgeException(AgeFault.HeaderMac, "its header was altered");
    }

    private static byte[] Mac(ReadOnlySpan<byte> macInput, ReadOnlySpan<byte> fileKey)
    {
        Span<byte> key = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, salt: [], info: "header"u8);
        byte[] mac = HMACSHA256.HashData(key, macInput);
        CryptographicOperations.ZeroMemory(key);
        return mac;
    }
}
