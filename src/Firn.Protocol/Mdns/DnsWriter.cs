using System.Buffers.Binary;

namespace Firn.Protocol;

/// <summary>The sections of a message, in the order in which they are written.</summary>
internal enum DnsSection
{
    Question,
    Answer,
    Authority,
    Additional,
}

/// <summary>
/// Writes one message with compressed names (RFC 1035, section 4.1.4), section after section, up to a size. What does not fit leaves no trace.
/// </summary>
internal sealed class DnsWriter
{
    /// <summary>What passes over every link in one piece: IPv6's least MTU without its header and that of UDP.</summary>
    public const int DefaultSize = 1232;

    private const ushort ClassIn = 1, TopBit = 0x8000, Response = 0x8400, Truncated = 0x0200;   // responses are authoritative

    private readonly byte[] _buffer;
    private readonly bool _isLegacy;
    private readonly ushort[] _counts = new ushort[4];
    private readonly Dictionary<DnsName, int> _offsets = [];
    private int _at = DnsMessage.HeaderLength;

    /// <param name="size">The most bytes.</param>
    /// <param name="isLegacy">For a plain resolver: no cache-flush bits, and no compressed name in an SRV record (RFC 6762, sections 6.7, 18.14).</param>
    public DnsWriter(int size = DefaultSize, bool isLegacy = false) => (_buffer, _isLegacy) = (new byte[size], isLegacy);

    public bool IsEmpty => _at == DnsMessage.HeaderLength;

    public int Count(DnsSection section) => _counts[(int)section];

    /// <summary>False if it does not fit.</summary>
    public bool TryAdd(DnsQuestion question) => TryAdd(DnsSection.Question, () =>
        PutName(question.Name, mayCompress: true)
        && PutUInt16((ushort)question.Type)
        && PutUInt16((ushort)(ClassIn | (question.WantsUnicast ? TopBit : 0))));

    /// <summary>False if it does not fit.</summary>
    public bool TryAdd(DnsSection section, DnsRecord record) => TryAdd(section, () => PutRecord(record));

    /// <summary>The message as it stands.</summary>
    public byte[] ToMessage(bool isResponse, bool isTruncated = false, ushort id = 0)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer, id);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(2), (ushort)((isResponse ? Response : 0) | (isTruncated ? Truncated : 0)));
        for (int i = 0; i < _counts.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(4 + (2 * i)), _counts[i]);
        return _buffer[.._at];
    }

    private bool TryAdd(DnsSection section, Func<bool> put)
    {
        int before = _at;
        if (put())
        {
            _counts[(int)section]++;
            return true;
        }

        _at = before;
        foreach (var name in _offsets.Where(o => o.Value >= before).Select(o => o.Key).ToList())
            _offsets.Remove(name);
        return false;
    }

    private bool PutRecord(DnsRecord record)
    {
        bool isWhole = PutName(record.Name, mayCompress: true)
            && PutUInt16((ushort)record.Type)
            && PutUInt16((ushort)(ClassIn | (record.IsUnique && !_isLegacy ? TopBit : 0)))
            && PutUInt16((ushort)(record.Ttl >> 16)) && PutUInt16((ushort)record.Ttl);
        int length = _at;
        bool mayCompress = record.Type == DnsType.Ptr || (record.Type == DnsType.Srv && !_isLegacy);
        isWhole = isWhole && PutUInt16(0)
            && (record.Type == DnsType.Nsec
                ? PutName(record.Target!, mayCompress) && PutBytes(record.Data.Span)
                : PutBytes(record.Data.Span) && (record.Target is null || PutName(record.Target, mayCompress)));
        if (isWhole)
            BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(length), (ushort)(_at - length - 2));
        return isWhole;
    }

    private bool PutName(DnsName name, bool mayCompress)
    {
        for (; !name.IsRoot; name = name.Parent)
        {
            if (mayCompress && _offsets.TryGetValue(name, out int offset))
                return PutUInt16((ushort)(0xC000 | offset));
            if (_at < 0x4000)
                _offsets.TryAdd(name, _at);
            if (!PutBytes(name.Wire[..(1 + name.Wire[0])]))
                return false;
        }

        return PutBytes([0]);
    }

    private bool PutUInt16(ushort value) => PutBytes([(byte)(value >> 8), (byte)value]);

    private bool PutBytes(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _at < bytes.Length)
            return false;
        bytes.CopyTo(_buffer.AsSpan(_at));
        _at += bytes.Length;
        return true;
    }
}
