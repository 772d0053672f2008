using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Firn.Protocol;

/// <summary>
/// What the nodes of a cluster share. A strong cookie is <c>firn_</c> and 256 random bits in base64url; anything else is a
/// passphrase, accepted but stretched. The secret is wiped on <see cref="Dispose"/>.
/// </summary>
internal sealed class Cookie : IDisposable
{
    private const string Prefix = "firn_";
    private const int StrongDigits = 43;   // 256 bits in base64url without padding (RFC 4648, section 5)
    private const int StretchRounds = 600_000;

    private readonly byte[] _secret;

    private Cookie(byte[] secret, bool isPassphrase) => (_secret, IsPassphrase) = (secret, isPassphrase);

    /// <summary>Whether this is a passphrase, which deserves a warning.</summary>
    public bool IsPassphrase { get; }

    /// <summary>Reads a cookie as it stands in a file or was typed; one newline at its end does not count.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: empty, or a mangled strong cookie.</exception>
    public static Cookie Parse(ReadOnlySpan<char> text)
    {
        if (text is [.., '\n'])
            text = text is [.., '\r', '\n'] ? text[..^2] : text[..^1];
        if (text.IsEmpty)
            throw new FirnException(FailureReason.InvalidInput, "The cookie is empty: expected firn_ and 43 characters, or a passphrase.");

        return text.StartsWith(Prefix, StringComparison.Ordinal)
            ? new Cookie(ReadStrong(text[Prefix.Length..]), isPassphrase: false)
            : new Cookie(Passphrase.ToUtf8(text), isPassphrase: true);
    }

    /// <summary>The text of the strong cookie of these 32 random bytes.</summary>
    public static string Generate(ReadOnlySpan<byte> random32) => Encoding.ASCII.GetString(GenerateUtf8(random32));

    /// <summary>As <see cref="Generate"/>, in an array that is pinned, for the caller to wipe.</summary>
    public static byte[] GenerateUtf8(ReadOnlySpan<byte> random32)
    {
        if (random32.Length != CookieKey.Length)
            throw new ArgumentException("A cookie is made of 32 random bytes.", nameof(random32));

        byte[] text = GC.AllocateUninitializedArray<byte>(Prefix.Length + StrongDigits, pinned: true);
        int prefix = Encoding.ASCII.GetBytes(Prefix, text);
        Base64Url.EncodeToUtf8(random32, text.AsSpan(prefix));
        return text;
    }

    /// <summary>
    /// The key of this cookie in <paramref name="cluster"/>. A passphrase takes some tenths of a second of a core
    /// (PBKDF2, RFC 8018, section 5.2): once at the start, never on a peer's input.
    /// </summary>
    public CookieKey ToKey(string cluster)
    {
        if (!IsPassphrase)
            return new CookieKey(_secret, isPassphrase: false);

        Span<byte> key = stackalloc byte[CookieKey.Length];
        byte[] salt = [.. Labels.Passphrase, .. Encoding.ASCII.GetBytes(ClusterName.Check(cluster))];
        Rfc2898DeriveBytes.Pbkdf2(_secret, salt, key, StretchRounds, HashAlgorithmName.SHA256);
        var result = new CookieKey(key, isPassphrase: true);
        CryptographicOperations.ZeroMemory(key);
        return result;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);

    private static byte[] ReadStrong(ReadOnlySpan<char> digits)
    {
        var secret = GC.AllocateArray<byte>(CookieKey.Length, pinned: true);

        // The decoder refuses spare bits that are not zero; it skips blanks and padding, which then leave too few bytes.
        bool isWhole = digits.Length == StrongDigits
            && Base64Url.DecodeFromChars(digits, secret, out _, out int length) == OperationStatus.Done
            && length == CookieKey.Length;
        return isWhole
            ? secret
            : throw new FirnException(
                FailureReason.InvalidInput,
                $"The cookie starts with firn_ but is damaged: expected exactly {StrongDigits} characters of base64url after it, " +
                $"as they were generated, found {digits.Length}. Copy it again, or make a new one with `firn cookie generate`.");
    }
}
