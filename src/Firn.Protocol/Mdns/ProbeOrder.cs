namespace Firn.Protocol;

/// <summary>Which of two hosts that claim a name at the same moment gets it: the one with the greater data (RFC 6762, section 8.2.1).</summary>
internal static class ProbeOrder
{
    /// <summary>Negative if <paramref name="mine"/> is the lesser, 0 if both are the same.</summary>
    public static int Compare(IEnumerable<DnsRecord> mine, IEnumerable<DnsRecord> theirs)
    {
        var one = Sorted(mine);
        var other = Sorted(theirs);
        for (int i = 0; i < Math.Min(one.Count, other.Count); i++)
        {
            if (Compare(one[i], other[i]) is not 0 and int order)
                return order;
        }

        return one.Count - other.Count;
    }

    private static List<(DnsType Type, byte[] Data)> Sorted(IEnumerable<DnsRecord> records)
    {
        List<(DnsType, byte[])> sorted = [.. records.Select(static r => (r.Type, r.ToData()))];
        sorted.Sort(Compare);
        return sorted;
    }

    private static int Compare((DnsType Type, byte[] Data) one, (DnsType Type, byte[] Data) other)
    {
        int byType = one.Type.CompareTo(other.Type);
        return byType != 0 ? byType : one.Data.AsSpan().SequenceCompareTo(other.Data);
    }
}
