using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Firn.Protocol;

/// <summary>
/// Reads messages of strangers. Strict: a message that is damaged anywhere is none. What it costs is bounded by its length: pointers lead
/// backwards only, and few in a row.
/// </summary>
internal ref struct DnsReader
{
    private const int MaxPointers = 16;
    private const ushort Response = 0x8000, Truncated = 0x0200, OpcodeAndError = 0x780F;
    private const ushort ClassIn = 1, ClassAny = 255, TopBit = 0x8000;

    private readonly ReadOnlySpan<byte> _all;
    private int _at;

    private DnsReader(ReadOnlySpan<byte> all) => _all = all;

    /// <summary>False for what is damaged, larger than there may be, or no plain query or successful response.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, [NotNullWhen(true)] out DnsMessage? message)
    {
        message = null;
        if (datagram.Length is < DnsMessage.HeaderLength or > DnsMessage.MaxLength)
            return false;

        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        int questions = BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]);
        int answers = BinaryPrimitives.ReadUInt16BigEndian(datagram[6..]);
        int authorities = BinaryPrimitives.ReadUInt16BigEndian(datagram[8..]);
        int additionals = BinaryPrimitives.ReadUInt16BigEndian(datagram[10..]);
        if ((flags & OpcodeAndError) != 0 || questions > DnsMessage.MaxQuestions || answers + authorities + additionals > DnsMessage.MaxRecords)
            return false;

        var reader = new DnsReader(datagram) { _at = DnsMessage.HeaderLength };
        if (!reader.TryReadQuestions(questions, out var asked) || !reader.TryReadRecords(answers, out var first)
            || !reader.TryReadRecords(authorities, out var second) || !reader.TryReadRecords(additionals, out var third))
        {
            return false;
        }

        message = new DnsMessage
        {
            Id = BinaryPrimitives.ReadUInt16BigEndian(datagram),
            IsResponse = (flags & Response) != 0,
            IsTruncated = (flags & Truncated) != 0,
            Questions = asked,
            Answers = first,
            Authorities = second,
            Additionals = third,
        };
        return true;
    }

    private bool TryReadQuestions(int count, out List<DnsQuestion> questions)
    {
        questions = new List<DnsQuestion>(count);
        for (int i = 0; i < count; i++)
        {
            if (!TryReadName(out var name) || !TryReadUInt16(out ushort type) || !TryReadUInt16(out ushort @class))
                return false;
            if ((@class & ~TopBit) is ClassIn or ClassAny)
                questions.Add(new DnsQuestion(name, (DnsType)type, (@class & TopBit) != 0));
        }

        return true;
    }

    private bool TryReadRecords(int count, out List<DnsRecord> records)
    {
        records = new List<DnsRecord>(count);
        for (int i = 0; i < count; i++)
        {
            if (!TryReadName(out var name) || !TryReadUInt16(out ushort type) || !TryReadUInt16(out ushort @class)
                || !TryReadUInt32(out uint ttl) || !TryReadUInt16(out ushort length) || _all.Length - _at < length)
            {
                return false;
            }

            int end = _at + length;
            if ((@class & ~TopBit) == ClassIn)
            {
                if (!TryReadData((DnsType)type, end, out var data, out var target))
                    return false;

                // More than 2^31 seconds mean none (RFC 2181, section 8).
                records.Add(new DnsRecord(name, (DnsType)type, ttl > int.MaxValue ? 0 : ttl, (@class & TopBit) != 0, data, target));
            }

            _at = end;
        }

        return true;
    }

    private bool TryReadData(DnsType type, int end, out ReadOnlyMemory<byte> data, out DnsName? target)
    {
        data = default;
        target = null;
        switch (type)
        {
            case DnsType.Ptr:
                return TryReadName(out target) && _at == end;
            case DnsType.Srv:
                if (end - _at < 7)
                    return false;
                data = _all.Slice(_at, 6).ToArray();
                _at += 6;
                return TryReadName(out target) && _at == end;
            case DnsType.Nsec:
                if (!TryReadName(out target) || _at > end)
                    return false;
                break;
            case DnsType.A when end - _at != 4:
            case DnsType.Aaaa when end - _at != 16:
                return false;
        }

        data = _all[_at..end].ToArray();
        return true;
    }

    private bool TryReadName([NotNullWhen(true)] out DnsName? name)
    {
        Span<byte> wire = stackalloc byte[DnsName.MaxLength];
        int length = 0, at = _at, limit = _at, pointers = 0;
        bool hasJumped = false;
        name = null;
        while (at < _all.Length)
        {
            int head = _all[at];
            if (head >= 0xC0)
            {
                // To before where this part of the name began: so it ends.
                if (at + 1 >= _all.Length || ++pointers > MaxPointers)
                    return false;
                int to = ((head & 0x3F) << 8) | _all[at + 1];
                if (!hasJumped)
                    _at = at + 2;
                if (to >= limit)
                    return false;
                (at, limit, hasJumped) = (to, to, true);
                continue;
            }

            if (head > DnsName.MaxLabel || at + 1 + head > _all.Length || length + 1 + head > DnsName.MaxLength)
                return false;
            _all.Slice(at, 1 + head).CopyTo(wire[length..]);
            length += 1 + head;
            at += 1 + head;
            if (head != 0)
                continue;

            if (!hasJumped)
                _at = at;
            name = new DnsName(wire[..length]);
            return true;
        }

        return false;
    }

    private bool TryReadUInt16(out ushort value)
    {
        bool isThere = BinaryPrimitives.TryReadUInt16BigEndian(_all[_at..], out value);
        _at += isThere ? 2 : 0;
        return isThere;
    }

    private bool TryReadUInt32(out uint value)
    {
        bool isThere = BinaryPrimitives.TryReadUInt32BigEndian(_all[_at..], out value);
        _at += isThere ? 4 : 0;
        return isThere;
    }
}
