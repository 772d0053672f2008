using System.Security.Cryptography;
using Firn.Protocol;
using Microsoft.Extensions.Logging;

namespace Firn.Identity;

/// <summary>
/// Where a node has it from whom it admits: its options, and the cookies, trust list and seen
/// rotations of its home. Read again, it keeps the key of
/// every cookie that is still there, by which sessions know it. Used by one thread at a time.
/// </summary>
internal sealed partial class AdmissionSource : IDisposable
{
    private readonly NodeOptions _options;
    private readonly FirnHome? _home;
    private readonly ILogger _logger;
    private TrustList _own;
    private RotationTable _ownRotations = RotationTable.Empty;

    /// <summary>Reads everything. A passphrase for a cookie is stretched here, once.</summary>
    /// <exception cref="FirnException">Cookies or trust list cannot be used.</exception>
    public AdmissionSource(NodeOptions options, FirnHome? home)
    {
        (_options, _home, _logger) = (options, home, options.LoggerFactory.CreateLogger("Firn.Node"));
        var now = options.TimeProvider.GetUtcNow();
        _own = new TrustList(options.Trusted.Select(text => Did.Parse(text)).Distinct().Select(did => new TrustEntry(did, null, null, now)));
        Stamp = Look();
        Current = Read(isStart: true);
    }

    public AdmissionPolicy Current { get; private set; }

    /// <summary>The files that it is read from, at their present paths; none if all comes from options.</summary>
    public bool HasFiles => _home is not null || _options.CookieFile is not null;

    /// <summary>What the files looked like before they were read last.</summary>
    private string Stamp { get; set; }

    /// <summary>Whether the files look otherwise than when they were read last.</summary>
    public bool HasChanged() => Look() != Stamp;

    /// <summary>Reads everything again. Null if nothing has changed, else the keys that are no longer there, for the caller to wipe.</summary>
    /// <exception cref="FirnException">Cookies or trust list cannot be used; what was read before stays.</exception>
    public IReadOnlyList<CookieKey>? Renew()
    {
        Stamp = Look();
        var (before, after) = (Current, Read(isStart: false));
        bool isSame = before.Trust.Entries.SequenceEqual(after.Trust.Entries) && Keys(before).SequenceEqual(Keys(after))
            && before.Rotations.Entries.SequenceEqual(after.Rotations.Entries);
        if (isSame)
            return null;

        Current = after;
        return [.. Keys(before).Except(Keys(after))];
    }

    /// <summary>Changes the trust list: of the home, and what is the node's own.</summary>
    public void ChangeTrust(Func<TrustList, TrustList> change)
    {
        var (before, after) = _home?.Trust.Change(change) ?? (_own, change(_own));
        var removed = before.Entries.Select(e => e.Did).Except(after.Entries.Select(e => e.Did));
        _own = _home is null ? after : removed.Aggregate(_own, static (list, did) => list.Without(did));

        // To trust one of the successors of a frozen key, be it once more, is to decide for it.
        foreach (var said in after.Entries.Where(e => !before.Entries.Any(old => ReferenceEquals(old, e))))
            ChangeRotations(table => table.Settle(said.Did));
    }

    /// <summary>Keeps what <paramref name="chain"/>, which is genuine, says; false if it contradicts what is known in a way that cannot be kept.</summary>
    public bool Follow(RotationChain chain) => ChangeRotations(table => table.With(chain)) is not null;

    private RotationTable? ChangeRotations(Func<RotationTable, RotationTable?> change)
    {
        if (_home is not null)
            return _home.Rotations.Change(change);
        return change(_ownRotations) is { } after ? _ownRotations = after : null;
    }

    public void Dispose() => Current.Keyring?.Dispose();

    private static IEnumerable<CookieKey> Keys(AdmissionPolicy policy) =>
        policy.Keyring is { } keyring ? Enumerable.Range(0, keyring.Count).Select(i => keyring[i]) : [];

    private AdmissionPolicy Read(bool isStart)
    {
        var trust = Merge(_home?.Trust.Read() ?? TrustList.Empty);
        return new AdmissionPolicy(_options.Admit, _options.Admit.DemandsCookie() ? ReadKeyring(isStart) : null, trust, _home?.Rotations.Read() ?? _ownRotations);
    }

    private TrustList Merge(TrustList ofHome) => new([.. ofHome.Entries, .. _own.Entries.Where(e => ofHome.Find(e.Did) is null)]);

    /// <summary>Only the start makes a cookie where there is none: one that has gone while the node ran is a mistake.</summary>
    private Keyring ReadKeyring(bool isStart)
    {
        var cookies = _options switch
        {
            { Cookie: { } text } => CookieStore.Parse(text),
            { CookieFile: { } file } => CookieStore.Read(file),
            _ when isStart => _home!.Cookies.Read(),
            _ => CookieStore.Read(_home!.CookiePath),
        };
        try
        {
            return new Keyring([.. cookies.Select(cookie => KeyOf(cookie, isStart))]);
        }
        finally
        {
            CookieStore.Dispose(cookies);
        }
    }

    private CookieKey KeyOf(Cookie cookie, bool isStart)
    {
        var key = cookie.ToKey(_options.Cluster);
        var known = isStart ? null : Keys(Current).FirstOrDefault(k => CryptographicOperations.FixedTimeEquals(k.Bytes, key.Bytes));
        if (known is not null)
        {
            key.Dispose();
            return known;
        }

        if (cookie.IsPassphrase)
            LogPassphrase(_logger);
        return key;
    }

    private string Look() => string.Join('|', new[] { _options.CookieFile ?? _home?.CookiePath, _home?.Trust.Path, _home?.Rotations.Path }.Select(path =>
    {
        var file = path is null ? null : new FileInfo(path);
        return file is { Exists: true } ? $"{file.LastWriteTimeUtc.Ticks} {file.Length}" : "";
    }));

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "The cookie is a passphrase: whoever records one handshake with a false node can guess at it, so it is proved only to nodes that " +
        "you dial and to keys that are known. Prefer a generated one: firn cookie generate")]
    private static partial void LogPassphrase(ILogger logger);
}
