namespace Firn.Protocol;

/// <summary>
/// Told addresses are others' words: no host and port is tried more often than once in <paramref name="milliseconds"/>, whoever is
/// said to live there. It remembers about <paramref name="capacity"/> of them.
/// </summary>
internal sealed class EndpointBudget(long milliseconds, int capacity)
{
    private readonly Dictionary<(string Host, int Port), long> _last = [];

    /// <summary>How many are remembered.</summary>
    public int Count => _last.Count;

    /// <summary>When the address may be tried next; not after <paramref name="now"/> if it may be now.</summary>
    public long NextAllowed(NodeAddress address, long now) =>
        _last.TryGetValue((address.Host, address.Port), out long last) ? last + milliseconds : now;

    /// <summary>The address is tried.</summary>
    public void Take(NodeAddress address, long now)
    {
        if (_last.Count >= capacity)
        {
            foreach (var old in _last.Where(t => now - t.Value >= milliseconds).ToList())
                _last.Remove(old.Key);
        }

        _last[(address.Host, address.Port)] = now;
    }
}
