using System.Buffers.Binary;
using System.Net;

namespace Firn.Protocol;

/// <summary>
/// Whom a stranger's connection is counted against: an IPv4 address, or the /64 of an IPv6 one, which is what a single
/// customer gets. An IPv4 address mapped into IPv6 counts as IPv4. Behind a relay it is whoever the relay says that asks, at this relay.
/// </summary>
internal readonly record struct Source
{
    private readonly bool _isIPv4;
    private readonly ulong _prefix;   // the IPv4 address, or the first 64 bits of the IPv6 one
    private readonly Did? _relay;
    private readonly Did? _asker;

    private Source(bool isIPv4, ulong prefix) => (_isIPv4, _prefix) = (isIPv4, prefix);

    private Source(Did relay, Did asker) => (_relay, _asker) = (relay, asker);

    /// <summary>The source of what <paramref name="asker"/> has <paramref name="relay"/> bring here.</summary>
    public static Source Through(Did relay, Did asker) => new(relay, asker);

    /// <summary>The source that <paramref name="address"/> belongs to.</summary>
    public static Source Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? new Source(true, BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : address.IsIPv4MappedToIPv6 ? new Source(true, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : new Source(false, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary><c>192.0.2.1</c>, <c>2001:db8::/64</c>, or two DIDs.</summary>
    public override string ToString()
    {
        if (_relay is not null)
            return $"{_asker} via {_relay}";

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (_isIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)_prefix);
            return new IPAddress(bytes[..4]).ToString();
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, _prefix);
        return new IPAddress(bytes) + "/64";
    }
}
