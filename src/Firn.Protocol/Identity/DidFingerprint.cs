using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>A DID in digits that two people can read to each other: 30 of them, 99 bits of a hash, in six groups.</summary>
internal static class DidFingerprint
{
    private const int Groups = 6;
    private const int GroupBytes = 5;
    private const int GroupValues = 100_000;

    /// <summary>SHA-256 of a label and the DID's compressed point; of each 5 bytes, big-endian, the last 5 decimal digits.</summary>
    public static string Of(Did did)
    {
        byte[] hash = SHA256.HashData([.. Labels.Fingerprint, .. did.Point]);
        return string.Join(' ', Enumerable.Range(0, Groups).Select(i => Group(hash.AsSpan(i * GroupBytes, GroupBytes))));
    }

    private static string Group(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (byte b in bytes)
            value = (value << 8) | b;
        return $"{value % GroupValues:D5}";
    }
}
