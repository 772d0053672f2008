using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Firn.Protocol;

/// <summary>
/// The scrypt recipient of age (C2SP, age, "The scrypt recipient type"): the file key under a passphrase, and alone in its file, since
/// whoever knows the passphrase vouches for the whole of it.
/// </summary>
internal sealed class AgeScrypt
{
    public const int SaltLength = 16;

    /// <summary>What stock age writes: 256 MiB of memory and about a second.</summary>
    public const int UsualWorkFactor = 18;

    /// <summary>The most that a file may ask for: 1 GiB and some seconds.</summary>
    public const int MaxWorkFactor = 20;

    private const string Type = "scrypt";
    private const int BlockSize = 8;
    private const int WrappedLength = AgeHeader.FileKeyLength + TagLength;
    private const int TagLength = 16;
    private const int KeyLength = 32;
    private static ReadOnlySpan<byte> SaltLabel => "age-encryption.org/v1/scrypt"u8;

    private readonly byte[] _salt;
    private readonly byte[] _wrapped;

    private AgeScrypt(byte[] salt, int workFactor, byte[] wrapped) => (_salt, WorkFactor, _wrapped) = (salt, workFactor, wrapped);

    /// <summary>The base-2 logarithm of scrypt's N.</summary>
    public int WorkFactor { get; }

    /// <summary>The stanza of <paramref name="header"/>, if it is for a passphrase; no slow work is done here.</summary>
    /// <exception cref="AgeException">
    /// <see cref="AgeFault.NoPassphrase"/>: it is for other recipients. <see cref="AgeFault.Header"/>: malformed, not alone, or its work
    /// factor is beyond <see cref="MaxWorkFactor"/>.
    /// </exception>
    public static AgeScrypt Read(AgeHeader header)
    {
        var stanza = header.Stanzas.FirstOrDefault(stanza => stanza.Arguments[0] == Type) ?? throw new AgeException(
            AgeFault.NoPassphrase, "it is encrypted to keys, not with a passphrase: expected what age -p writes");
        if (header.Stanzas.Count > 1)
            throw Refused("it has other recipients beside a passphrase, which age forbids");
        if (stanza.Arguments is not [_, var saltText, var workFactorText])
            throw Refused($"its passphrase stanza has {stanza.Arguments.Count - 1} arguments: expected salt and work factor");
        if (AgeBase64.TryDecode(Encoding.ASCII.GetBytes(saltText)) is not { Length: SaltLength } salt)
            throw Refused($"its salt is not {SaltLength} bytes in canonical Base 64");
        if (stanza.Body.Length != WrappedLength)
            throw Refused($"its wrapped key has {stanza.Body.Length} bytes: expected {WrappedLength}");
        return new AgeScrypt(salt, ReadWorkFactor(workFactorText), stanza.Body);
    }

    /// <summary>Wraps <paramref name="fileKey"/>, at the price of <see cref="Scrypt"/>.</summary>
    public static AgeStanza Wrap(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int workFactor)
    {
        byte[] body = new byte[WrappedLength];
        Span<byte> key = stackalloc byte[KeyLength];
        DeriveKey(passphrase, salt, workFactor, key);
        using var cipher = new ChaCha20Poly1305(key);
        CryptographicOperations.ZeroMemory(key);
        cipher.Encrypt(stackalloc byte[12], fileKey, body.AsSpan(0, fileKey.Length), body.AsSpan(fileKey.Length));
        return new AgeStanza(
            [Type, Encoding.ASCII.GetString(AgeBase64.Encode(salt)), workFactor.ToString(CultureInfo.InvariantCulture)], body);
    }

    /// <summary>Fills <paramref name="fileKey"/>, at the price of <see cref="Scrypt"/>.</summary>
    /// <exception cref="AgeException"><see cref="AgeFault.WrongPassphrase"/>.</exception>
    public void Unwrap(ReadOnlySpan<byte> passphrase, Span<byte> fileKey)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        DeriveKey(passphrase, _salt, WorkFactor, key);
        using var cipher = new ChaCha20Poly1305(key);
        CryptographicOperations.ZeroMemory(key);
        try
        {
            cipher.Decrypt(
                stackalloc byte[12], _wrapped.AsSpan(0, AgeHeader.FileKeyLength), _wrapped.AsSpan(AgeHeader.FileKeyLength), fileKey);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new AgeException(AgeFault.WrongPassphrase, "the passphrase is wrong");
        }
    }

    private static void DeriveKey(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int workFactor, Span<byte> key) =>
        Scrypt.DeriveKey(passphrase, [.. SaltLabel, .. salt], workFactor, BlockSize, parallelization: 1, key);

    private static int ReadWorkFactor(string text)
    {
        if (text[0] == '0' || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
            throw Refused("its work factor is not a decimal number");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int workFactor) && workFactor <= MaxWorkFactor
            ? workFactor
            : throw Refused(
                $"its work factor is {(text.Length <= 10 ? text : "a huge number")}: expected at most {MaxWorkFactor}, which is 1 GiB of memory already");
    }

    private static AgeException Refused(string message) => new(AgeFault.Header, message);
}
