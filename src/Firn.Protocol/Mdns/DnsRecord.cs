using System.Buffers.Binary;
using System.Net;

namespace Firn.Protocol;

/// <summary>Types of records and questions that mean something here; any other number may come as well.</summary>
internal enum DnsType : ushort
{
    A = 1,
    Ptr = 12,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,

    /// <summary>Says which types a name has, and so which it has not (RFC 6762, section 6.1).</summary>
    Nsec = 47,

    /// <summary>In questions: all of them.</summary>
    Any = 255,
}

/// <summary>A question of a message, of class IN or ANY.</summary>
/// <param name="Name">About which name.</param>
/// <param name="Type">Which records.</param>
/// <param name="WantsUnicast">Whether an answer to the asker alone will do (RFC 6762, section 5.4).</param>
internal readonly record struct DnsQuestion(DnsName Name, DnsType Type, bool WantsUnicast = false)
{
    /// <summary>Whether it asks for <paramref name="record"/>.</summary>
    public bool IsAnsweredBy(DnsRecord record) => (Type == DnsType.Any || Type == record.Type) && Name.Equals(record.Name);
}

/// <summary>
/// A record of class IN. The names in its data, which may be compressed on the wire, stand apart: <see cref="Target"/> of PTR, SRV and
/// NSEC; <see cref="Data"/> is what stands before (or, of NSEC, after) it.
/// </summary>
internal sealed class DnsRecord(DnsName name, DnsType type, uint ttl, bool isUnique, ReadOnlyMemory<byte> data, DnsName? target = null)
{
    public DnsName Name { get; } = name;

    public DnsType Type { get; } = type;

    /// <summary>Seconds for which it holds; 0 takes it back (RFC 6762, section 10.1).</summary>
    public uint Ttl { get; } = ttl;

    /// <summary>The cache-flush bit: these records are all of this name and type (RFC 6762, section 10.2).</summary>
    public bool IsUnique { get; } = isUnique;

    public ReadOnlyMemory<byte> Data { get; } = data;

    public DnsName? Target { get; } = target;

    /// <summary>The port of an SRV record.</summary>
    public ushort Port => BinaryPrimitives.ReadUInt16BigEndian(Data.Span[4..]);

    /// <summary>The address of an A or AAAA record.</summary>
    public IPAddress Address => new(Data.Span);

    /// <summary>A type of service has this instance: one record of many (RFC 6763, section 4.1).</summary>
    public static DnsRecord Ptr(DnsName name, DnsName target, uint ttl) => new(name, DnsType.Ptr, ttl, isUnique: false, default, target);

    /// <summary>Where an instance listens, with priority and weight 0 (RFC 2782).</summary>
    public static DnsRecord Srv(DnsName name, ushort port, DnsName host, uint ttl)
    {
        var data = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), port);
        return new DnsRecord(name, DnsType.Srv, ttl, isUnique: true, data, host);
    }

    public static DnsRecord Txt(DnsName name, ReadOnlyMemory<byte> text, uint ttl) => new(name, DnsType.Txt, ttl, isUnique: true, text);

    public static DnsRecord OfAddress(DnsName name, IPAddress address, uint ttl)
    {
        byte[] bytes = address.GetAddressBytes();
        return new DnsRecord(name, bytes.Length == 4 ? DnsType.A : DnsType.Aaaa, ttl, isUnique: true, bytes);
    }

    /// <summary>The name has records of these types, all below 256, and of no other.</summary>
    public static DnsRecord Nsec(DnsName name, IEnumerable<DnsType> types, uint ttl)
    {
        var bitmap = new byte[32];
        int length = 0;
        foreach (var type in types)
        {
            int at = (int)type / 8;
            bitmap[at] |= (byte)(0x80 >> ((int)type % 8));
            length = Math.Max(length, at + 1);
        }

        return new DnsRecord(name, DnsType.Nsec, ttl, isUnique: true, new byte[] { 0, (byte)length }.Concat(bitmap.Take(length)).ToArray(), name);
    }

    /// <summary>The same with another TTL, as to take it back.</summary>
    public DnsRecord WithTtl(uint ttl, bool? isUnique = null) => new(Name, Type, ttl, isUnique ?? IsUnique, Data, Target);

    /// <summary>Whether both say the same of the same name, for however long.</summary>
    public bool SaysTheSameAs(DnsRecord other) => Type == other.Type && Name.Equals(other.Name) && HasDataOf(other);

    public bool HasDataOf(DnsRecord other) =>
        Data.Span.SequenceEqual(other.Data.Span) && (Target is null ? other.Target is null : Target.Equals(other.Target));

    /// <summary>The data as bytes without compression.</summary>
    public byte[] ToData() => Target is null ? Data.ToArray()
        : Type == DnsType.Nsec ? [.. Target.Wire, .. Data.Span]
        : [.. Data.Span, .. Target.Wire];
}
