namespace Firn.Protocol.Tests;

/// <summary>Whom a node of a test admits, and what is proved to it.</summary>
internal static class Policies
{
    /// <summary>The cookie that everybody has who is not said to have another.</summary>
    public static CookieKey Cookie { get; } = KeyOf(1);

    public static AdmissionPolicy ByCookie { get; } = AdmissionPolicy.ByCookie(new Keyring(Cookie));

    /// <summary>The key of a strong cookie, or as if of a passphrase, of equal bytes.</summary>
    public static CookieKey KeyOf(byte fill, bool isPassphrase = false) => new([.. Enumerable.Repeat(fill, CookieKey.Length)], isPassphrase);

    public static AdmissionPolicy Cookies(params CookieKey[] keys) => AdmissionPolicy.ByCookie(new Keyring(keys));

    public static AdmissionPolicy ByTrust(params Did[] trusted) => new(AdmissionMode.Trust, null, Trusting(trusted));

    public static TrustList Trusting(params IEnumerable<Did> trusted) => new(trusted.Select(did => Entry(did)));

    public static TrustEntry Entry(Did did, string? name = null) => new(did, name, null, DateTimeOffset.UnixEpoch);
}
