namespace Firn.Protocol;

/// <summary>Who a peer is: its key and its name. Pins, replacement and limits use both.</summary>
internal readonly record struct PeerKey(Did Did, NodeName Name) : IComparable<PeerKey>
{
    /// <summary>The order that decides between crossing commits; both ends compute the same.</summary>
    public int CompareTo(PeerKey other)
    {
        int byName = string.CompareOrdinal(Name.ToString(), other.Name.ToString());
        return byName != 0 ? byName : Did.Point.SequenceCompareTo(other.Did.Point);
    }

    /// <summary>Of the key alone: two names of one key are rare.</summary>
    public override int GetHashCode() => Did.GetHashCode();

    public override string ToString() => $"{Name} ({Did})";
}
