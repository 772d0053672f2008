namespace Firn.Protocol;

/// <summary>
/// Names that belong to a key until somebody forgets them: each peer that came in by trust gets one. They are kept on the disk; names
/// of peers that came in by cookie alone are the peer book's, for as long as it remembers those.
/// </summary>
internal sealed class PinBook
{
    /// <summary>A trusted key must not fill the table with names that it makes up.</summary>
    public const int MaxPerKey = 8;

    public const int MaxPins = 4096;

    private readonly Dictionary<NodeName, Did> _pins = [];

    /// <summary>Ordered by name.</summary>
    public IReadOnlyList<PeerKey> All =>
        [.. _pins.Select(p => new PeerKey(p.Value, p.Key)).OrderBy(p => p.Name.ToString(), StringComparer.Ordinal)];

    /// <summary>The key that <paramref name="name"/> belongs to.</summary>
    public Did? HolderOf(NodeName name) => _pins.GetValueOrDefault(name);

    /// <summary>Whether this key is known by some name.</summary>
    public bool Knows(Did did) => _pins.ContainsValue(did);

    /// <summary>Whether <see cref="Keep"/> has room for the peer, or has it already.</summary>
    public bool HasRoomFor(PeerKey peer) =>
        _pins.ContainsKey(peer.Name) || (_pins.Count < MaxPins && _pins.Values.Count(did => did == peer.Did) < MaxPerKey);

    /// <summary>The name belongs to its key from now on; true if that is news.</summary>
    public bool Keep(PeerKey peer) => HasRoomFor(peer) && _pins.TryAdd(peer.Name, peer.Did);

    /// <summary>Names of keys that were rotated or decided against go to those that have their places; true if there were any.</summary>
    public bool Follow(RotationTable rotations)
    {
        var moved = _pins.Select(pin => (Name: pin.Key, Old: pin.Value, New: rotations.Resolve(pin.Value) ?? pin.Value)).Where(static pin => pin.Old != pin.New).ToList();
        foreach (var (name, _, did) in moved)
            _pins[name] = did;
        return moved.Count > 0;
    }

    /// <summary>True if there was one.</summary>
    public bool Forget(NodeName name) => _pins.Remove(name);
}
