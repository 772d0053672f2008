namespace Firn.Protocol;

/// <summary>Several values under one key; a key without any takes no room.</summary>
internal sealed class Index<TKey, TValue>
    where TKey : notnull
{
    private readonly Dictionary<TKey, HashSet<TValue>> _values = [];

    public bool IsEmpty => _values.Count == 0;

    public bool Contains(TKey key, TValue value) => _values.TryGetValue(key, out var values) && values.Contains(value);

    public bool Add(TKey key, TValue value)
    {
        if (!_values.TryGetValue(key, out var values))
            _values[key] = values = [];
        return values.Add(value);
    }

    public bool Remove(TKey key, TValue value)
    {
        if (!_values.TryGetValue(key, out var values) || !values.Remove(value))
            return false;

        if (values.Count == 0)
            _values.Remove(key);
        return true;
    }

    /// <summary>Removes all that is under the key.</summary>
    public IReadOnlyCollection<TValue> Take(TKey key) => _values.Remove(key, out var values) ? values : [];
}
