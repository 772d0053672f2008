namespace Firn.Protocol;

/// <summary>A source says that a node may be there.</summary>
/// <param name="Kind">How far the source is believed.</param>
/// <param name="Source">Which source.</param>
/// <param name="Key">What it knows the place by.</param>
/// <param name="Addresses">Where to dial, the likeliest first, at most <see cref="MaxAddresses"/>.</param>
/// <param name="Did">Whose key is said to be there; demanded of whoever answers.</param>
internal sealed record Sighting(DialKind Kind, string Source, string Key, IReadOnlyList<NodeAddress> Addresses, Did? Did)
{
    /// <summary>Addresses of one place that count.</summary>
    public const int MaxAddresses = 8;

    /// <summary>The longest key of a place, in characters.</summary>
    public const int MaxKeyLength = 256;
}
