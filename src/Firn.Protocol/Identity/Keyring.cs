namespace Firn.Protocol;

/// <summary>The keys of a node's cookies: the first one proves, all of them verify. So a cookie is replaced without an outage.</summary>
internal sealed class Keyring : IDisposable
{
    /// <summary>A stranger's proof is tried with each key, so they are few.</summary>
    public const int MaxKeys = 8;

    private readonly CookieKey[] _keys;

    /// <summary>Takes over <paramref name="keys"/>, and wipes them on <see cref="Dispose"/>.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: none, or more than <see cref="MaxKeys"/>.</exception>
    public Keyring(params IEnumerable<CookieKey> keys)
    {
        _keys = [.. keys];
        if (_keys.Length is 0 or > MaxKeys)
            throw new FirnException(FailureReason.InvalidInput, $"A keyring holds 1 to {MaxKeys} cookies, found {_keys.Length}.");
    }

    public int Count => _keys.Length;

    public CookieKey this[int index] => _keys[index];

    /// <summary>Its place, 0 for the one that proves; negative if this keyring does not hold it, though perhaps one with equal bytes.</summary>
    public int IndexOf(CookieKey key) => Array.IndexOf(_keys, key);

    public bool Contains(CookieKey key) => IndexOf(key) >= 0;

    /// <summary>
    /// The first key from <paramref name="from"/> on that may be proved to a peer; a passphrase's only where it
    /// <paramref name="mayBePassphrase"/>. Null if there is none.
    /// </summary>
    public int? FirstFrom(int from, bool mayBePassphrase)
    {
        for (int i = from; i < _keys.Length; i++)
        {
            if (mayBePassphrase || !_keys[i].IsPassphrase)
                return i;
        }

        return null;
    }

    /// <summary>Whether a proof that fails may be due to another cluster, because a passphrase's key depends on it.</summary>
    public bool HasPassphrase => _keys.Any(static key => key.IsPassphrase);

    public void Dispose()
    {
        foreach (var key in _keys)
            key.Dispose();
    }
}
