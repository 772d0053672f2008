using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>
/// Who of those that are seen on a link is worth a dial, on one day and by one <see cref="AdmissionPolicy"/>; and what this node shows of
/// itself. Holds keys made of those of the cookies, and wipes them on <see cref="Dispose"/>.
/// </summary>
internal sealed class DiscoveryJudge : IDisposable
{
    private readonly AdmissionPolicy _policy;
    private readonly Did _self;
    private readonly string _cluster;
    private readonly uint _day;
    private readonly Func<Did, bool> _isKnown;
    private readonly byte[][] _keys;   // of the strong cookies, in the order of the keyring
    private readonly bool _hasPassphrase;

    /// <param name="policy">Whom the node admits; its keyring is read here and not later.</param>
    /// <param name="self">The node's own key.</param>
    /// <param name="cluster">The node's cluster.</param>
    /// <param name="day">The day (<see cref="ClusterTag.DayOf"/>); tags of the days before and after it count as well.</param>
    /// <param name="isKnown">Whether a key is trusted, pinned, or was met before.</param>
    public DiscoveryJudge(AdmissionPolicy policy, Did self, string cluster, uint day, Func<Did, bool> isKnown)
    {
        (_policy, _self, _cluster, _day, _isKnown) = (policy, self, cluster, day, isKnown);
        _hasPassphrase = policy.Keyring is { HasPassphrase: true };
        _keys = policy.Keyring is { } keyring
            ? [.. Enumerable.Range(0, keyring.Count).Select(i => keyring[i]).Where(k => !k.IsPassphrase).Select(Derive)]
            : [];
    }

    /// <summary>
    /// What this node says of itself. The tag is that of its first generated cookie. With passphrases alone there is none: one could guess at
    /// them by it. By trust there is none either, for want of a key.
    /// </summary>
    public ServiceText OwnText
    {
        get
        {
            if (_keys.Length == 0)
                return new ServiceText(VersionRange.Supported, _self, Tag: null);

            var tag = new byte[ClusterTag.Length];
            ClusterTag.Make(_keys[0], _self, _day, _cluster, tag);
            return new ServiceText(VersionRange.Supported, _self, tag);
        }
    }

    /// <summary>
    /// With a tag: if it is one of this node's cookies'. Without one: where this node admits by trust, or has a passphrase and knows the
    /// key. In each case only a key that is trusted, as far as the mode asks for it.
    /// </summary>
    public bool IsWanted(ServiceText seen)
    {
        if (seen.Did == _self || seen.Versions.HighestCommon(VersionRange.Supported) is null || !_policy.Trusts(seen.Did))
            return false;

        bool isOurs = seen.Tag is { } tag
            ? IsOfThisCluster(seen.Did, tag.Span)
            : _policy.Keyring is null || (_hasPassphrase && _isKnown(seen.Did));
        return isOurs && P256Point.TryDecompress(seen.Did.Point, out _);
    }

    public void Dispose()
    {
        foreach (byte[] key in _keys)
            CryptographicOperations.ZeroMemory(key);
    }

    private bool IsOfThisCluster(Did did, ReadOnlySpan<byte> tag)
    {
        Span<byte> expected = stackalloc byte[ClusterTag.Length];
        foreach (byte[] key in _keys)
        {
            for (uint day = _day == 0 ? 0 : _day - 1; day <= _day + 1; day++)
            {
                ClusterTag.Make(key, did, day, _cluster, expected);
                if (CryptographicOperations.FixedTimeEquals(expected, tag))
                    return true;
            }
        }

        return false;
    }

    private static byte[] Derive(CookieKey cookie)
    {
        byte[] key = GC.AllocateUninitializedArray<byte>(ClusterTag.KeyLength, pinned: true);
        ClusterTag.DeriveKey(cookie, key);
        return key;
    }
}
