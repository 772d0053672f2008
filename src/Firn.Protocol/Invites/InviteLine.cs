using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Firn.Protocol;

/// <summary>
/// An invite as it is pasted: <c>firn-join1:</c> and base64url (RFC 4648, section 5, no padding) of what it gives (1 byte), the inviter's
/// compressed point (33), id (8), code (16), expiry in seconds since 1970 (4), 1 to 4 addresses, each with its length before it (1),
/// and the first 4 bytes of SHA-256 of a label and all of that. It has one spelling. The code is wiped on <see cref="Dispose"/>.
/// </summary>
internal sealed class InviteLine : IDisposable
{
    public const string Prefix = "firn-join1:";
    public const int MaxAddresses = 4;

    /// <summary>More than any line has.</summary>
    public const int MaxLength = 2048;

    private const string AnyVersion = "firn-join";
    private const int FixedLength = 1 + Did.PointLength + InviteId.Length + InviteCode.Length + sizeof(uint);
    private const int CheckLength = 4;

    private InviteLine(
        InviteGifts gifts, Did inviter, InviteId id, InviteCode code, DateTimeOffset expiresAt, IReadOnlyList<NodeAddress> addresses) =>
        (Gifts, Inviter, Id, Code, ExpiresAt, Addresses) = (gifts, inviter, id, code, expiresAt, addresses);

    public InviteGifts Gifts { get; }

    /// <summary>Whom the joiner must meet; it tells nothing to anybody else.</summary>
    public Did Inviter { get; }

    public InviteId Id { get; }

    public InviteCode Code { get; }

    /// <summary>By the inviter's clock.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>Where the inviter may be met, the likeliest first.</summary>
    public IReadOnlyList<NodeAddress> Addresses { get; }

    /// <summary>The line of an invite.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: no address, too many, or one that leads nowhere.</exception>
    public static string Write(
        InviteGifts gifts, Did inviter, InviteId id, InviteCode code, DateTimeOffset expiresAt, IReadOnlyList<NodeAddress> addresses)
    {
        if (addresses.Count is 0 or > MaxAddresses)
            throw Invalid($"an invite holds 1 to {MaxAddresses} addresses, found {addresses.Count}");
        if (addresses.FirstOrDefault(a => !IsDialable(a)) is { } wrong)
            throw Invalid($"{wrong} is not where another machine can dial this node: expected an address of at most 255 characters with a port and without a name");

        using var bytes = new MemoryStream();
        bytes.WriteByte((byte)gifts);
        bytes.Write(inviter.Point);
        bytes.Write(id.ToBytes());
        bytes.Write(code.Bytes);
        Span<byte> expiry = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(expiry, checked((uint)expiresAt.ToUnixTimeSeconds()));
        bytes.Write(expiry);
        foreach (var address in addresses)
        {
            byte[] text = Encoding.ASCII.GetBytes(address.ToString());
            bytes.WriteByte((byte)text.Length);
            bytes.Write(text);
        }

        bytes.Write(CheckOf(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        var all = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        string line = Prefix + Base64Url.EncodeToString(all);
        CryptographicOperations.ZeroMemory(all);
        return line;
    }

    /// <summary>Reads a line; blanks around it do not count.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not one, or mistyped. The sentence holds nothing of it.</exception>
    public static InviteLine Parse(string text)
    {
        text = text.Trim();
        if (text.Length is 0 or > MaxLength || !text.StartsWith(AnyVersion, StringComparison.Ordinal))
            throw Invalid($"that is no invite: expected the line that 'firn invite' prints, which begins with {Prefix}");
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            throw Invalid($"this invite is of another version: expected {Prefix}; update the older of the two machines");

        byte[] bytes = GC.AllocateArray<byte>(MaxLength, pinned: true);
        try
        {
            int length = Decode(text.AsSpan(Prefix.Length), bytes);
            var content = bytes.AsSpan(0, Math.Max(0, length - CheckLength));
            if (length < FixedLength + CheckLength || !CheckOf(content).AsSpan().SequenceEqual(bytes.AsSpan(content.Length, CheckLength)))
                throw Mistyped();
            if (!TryRead(content, out var line))
                throw Invalid("this invite is malformed, though its checksum fits: somebody altered it. Ask for another one");
            if (line.Spells(text))
                return line;

            line.Dispose();
            throw Mistyped();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Whether it has expired by the clock of the joiner, which may be wrong.</summary>
    public bool SeemsExpired(DateTimeOffset now) => now >= ExpiresAt;

    public void Dispose() => Code.Dispose();

    /// <summary>How many bytes the digits stand for; 0 when they are none. The decoder skips blanks and padding.</summary>
    private static int Decode(ReadOnlySpan<char> digits, Span<byte> into) =>
        Base64Url.DecodeFromChars(digits, into, out int read, out int written) == OperationStatus.Done && read == digits.Length ? written : 0;

    private static bool TryRead(ReadOnlySpan<byte> content, [NotNullWhen(true)] out InviteLine? line)
    {
        line = null;
        var gifts = (InviteGifts)content[0];
        var point = content.Slice(1, Did.PointLength);
        var rest = content[(1 + Did.PointLength)..];
        var id = InviteId.Read(rest);
        var code = rest.Slice(InviteId.Length, InviteCode.Length);
        long expiry = BinaryPrimitives.ReadUInt32BigEndian(rest[(InviteId.Length + InviteCode.Length)..]);
        if (gifts is InviteGifts.None or > (InviteGifts.Cookie | InviteGifts.Trust) || !Did.TryFromPoint(point, out var inviter)
            || ReadAddresses(content[FixedLength..]) is not { } addresses)
        {
            return false;
        }

        line = new InviteLine(gifts, inviter, id, new InviteCode(code), DateTimeOffset.FromUnixTimeSeconds(expiry), addresses);
        return true;
    }

    private static List<NodeAddress>? ReadAddresses(ReadOnlySpan<byte> bytes)
    {
        var addresses = new List<NodeAddress>();
        while (!bytes.IsEmpty)
        {
            int length = bytes[0];
            if (length >= bytes.Length || addresses.Count == MaxAddresses)
                return null;

            string text = Encoding.ASCII.GetString(bytes.Slice(1, length));
            if (!NodeAddress.TryParse(text, out var address, out _) || !IsDialable(address))
                return null;
            addresses.Add(address);
            bytes = bytes[(1 + length)..];
        }

        return addresses.Count > 0 ? addresses : null;
    }

    /// <summary>Whether <paramref name="text"/> is its one spelling.</summary>
    private bool Spells(string text) => text == Write(Gifts, Inviter, Id, Code, ExpiresAt, Addresses);

    private static bool IsDialable(NodeAddress address) =>
        address.Port != 0 && address.ExpectedName is null && address.Host is not ("0.0.0.0" or "[::]") && address.ToString().Length <= byte.MaxValue;

    private static byte[] CheckOf(ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Labels.InviteLine);
        hash.AppendData(content);
        return hash.GetHashAndReset()[..CheckLength];
    }

    private static FirnException Mistyped() => Invalid("this invite was mistyped or cut off: its checksum does not fit. Copy the whole line again");

    private static FirnException Invalid(string message) => new(FailureReason.InvalidInput, message);
}
