namespace Firn.Protocol;

/// <summary>The 256-bit key that a cookie stands for.</summary>
internal sealed class CookieKey(ReadOnlySpan<byte> bytes, bool isPassphrase) : PinnedKey(bytes, Length)
{
    public const int Length = 32;

    /// <summary>Whether it was stretched from a passphrase, and thus depends on the cluster as well.</summary>
    public bool IsPassphrase { get; } = isPassphrase;
}
