using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Firn.Protocol;

/// <summary>
/// By what nodes of one cluster know each other before they meet: a MAC over a node's key, the day and the cluster, under a key of the
/// cookie. Without the cookie nobody can tell which nodes belong together, nor make one for a key of his own. One that is copied names a
/// key which the copier has not.
/// </summary>
internal static class ClusterTag
{
    /// <summary>Bytes of a tag: the first half of an HMAC-SHA256.</summary>
    public const int Length = 16;

    public const int KeyLength = 32;

    /// <summary>The number of a day: whole days of UTC since 1970.</summary>
    public static uint DayOf(DateTimeOffset time) => (uint)Math.Max(0, time.ToUnixTimeSeconds() / 86_400);

    /// <summary>HKDF-SHA256 (RFC 5869) without salt.</summary>
    public static void DeriveKey(CookieKey cookie, Span<byte> key) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, cookie.Bytes, key, salt: [], Labels.Mdns);

    /// <summary>The tag of a node on a day: HMAC-SHA256 over its compressed point, the day (32 bits) and the cluster's name.</summary>
    public static void Make(ReadOnlySpan<byte> key, Did did, uint day, string cluster, Span<byte> tag)
    {
        Span<byte> message = stackalloc byte[Did.PointLength + sizeof(uint) + ClusterName.MaxLength];
        did.Point.CopyTo(message);
        BinaryPrimitives.WriteUInt32BigEndian(message[Did.PointLength..], day);
        int length = Did.PointLength + sizeof(uint);
        length += Encoding.ASCII.GetBytes(cluster, message[length..]);

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, message[..length], mac);
        mac[..Length].CopyTo(tag);
    }
}
