namespace Firn.Protocol;

/// <summary>The keys that a node trusts, each at most once, and the names that are pinned to them. Immutable.</summary>
internal sealed class TrustList
{
    public const int MaxEntries = 4096;

    private readonly Dictionary<Did, TrustEntry> _byDid = [];
    private readonly Dictionary<string, TrustEntry> _byName = new(StringComparer.Ordinal);

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: too many, a key twice, or a name pinned to two keys.</exception>
    public TrustList(params IEnumerable<TrustEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (!_byDid.TryAdd(entry.Did, entry))
                throw Invalid($"{entry.Did} is on the trust list twice: remove one of the two.");
            if (entry.Name is { } name && !_byName.TryAdd(name, entry))
            {
                throw Invalid(
                    $"{name} is pinned to {_byName[name].Did} and cannot be pinned to {entry.Did} as well. " +
                    $"To forget the old one: firn trust remove {_byName[name].Did}");
            }
        }

        if (_byDid.Count > MaxEntries)
            throw Invalid($"The trust list has {_byDid.Count} keys: expected at most {MaxEntries}.");
    }

    public static TrustList Empty { get; } = new();

    /// <summary>Ordered by when they were added, then by key.</summary>
    public IReadOnlyList<TrustEntry> Entries =>
        [.. _byDid.Values.OrderBy(e => e.AddedAt).ThenBy(e => e.Did.ToString(), StringComparer.Ordinal)];

    public TrustEntry? Find(Did did) => _byDid.GetValueOrDefault(did);

    /// <summary>The other key to which the name of <paramref name="peer"/> is pinned; a full name counts before one without a host.</summary>
    public Did? HolderOf(PeerKey peer)
    {
        var holder = _byName.GetValueOrDefault(peer.Name.ToString()) ?? _byName.GetValueOrDefault(peer.Name.Name);
        return holder is null || holder.Did == peer.Did ? null : holder.Did;
    }

    /// <summary>The name that the key of <paramref name="peer"/> is pinned to, if it has another one.</summary>
    public string? NameDueTo(PeerKey peer) => Find(peer.Did)?.Name is { } name && !peer.Name.Matches(name) ? name : null;

    /// <summary>With <paramref name="entry"/>, which takes the place of one with the same key.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: its name is pinned to another key, or the list is full.</exception>
    public TrustList With(TrustEntry entry) => new(_byDid.Values.Where(e => e.Did != entry.Did).Append(entry));

    /// <summary>
    /// With each key that was rotated, or decided against, replaced by the one that has its place; its name and label go with it. A frozen one
    /// stays, and is not admitted.
    /// </summary>
    public TrustList Follow(RotationTable rotations)
    {
        Did HeirOf(Did did) => rotations.Resolve(did) ?? did;
        if (_byDid.Keys.All(did => HeirOf(did) == did))
            return this;

        var moved = new Dictionary<Did, TrustEntry>();
        foreach (var entry in Entries.OrderBy(e => HeirOf(e.Did) == e.Did ? 0 : 1))
        {
            var did = HeirOf(entry.Did);
            moved[did] = moved.TryGetValue(did, out var there)
                ? there with { Name = there.Name ?? entry.Name, Label = there.Label ?? entry.Label }
                : entry with { Did = did };
        }

        return new TrustList(moved.Values);
    }

    public TrustList Without(Did did) => new(_byDid.Values.Where(e => e.Did != did));

    private static FirnException Invalid(string message) => new(FailureReason.InvalidInput, message);
}
