using System.Buffers.Binary;
using System.Net;

namespace Firn.Protocol;

/// <summary>
/// Whom a stranger's connection is counted against: an IPv4 address, or the /64 of an IPv6 one, which is what a single
/// customer gets. An IPv4 address mapped into IPv6 counts as IPv4.
/// </summary>
/// <param name="IsIPv4">Which of the two.</param>
/// <param name="Prefix">The IPv4 address, or the first 64 bits of the IPv6 one.</param>
internal readonly record struct Source(bool IsIPv4, ulong Prefix)
{
    /// <summary>The source that <paramref name="address"/> belongs to.</summary>
    public static Source Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? new Source(true, BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : address.IsIPv4MappedToIPv6 ? new Source(true, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : new Source(false, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary><c>192.0.2.1</c> or <c>2001:db8::/64</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Prefix);
            return new IPAddress(bytes[..4]).ToString();
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, Prefix);
        return new IPAddress(bytes) + "/64";
    }
}
