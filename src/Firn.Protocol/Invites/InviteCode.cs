namespace Firn.Protocol;

/// <summary>The 128 random bits that an invite's joiner proves.</summary>
internal sealed class InviteCode(ReadOnlySpan<byte> bytes) : PinnedKey(bytes, Length)
{
    public const int Length = 16;
}
