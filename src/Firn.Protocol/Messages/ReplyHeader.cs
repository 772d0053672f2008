using System.Buffers.Binary;

namespace Firn.Protocol;

/// <summary>How a call ended.</summary>
internal enum ReplyStatus : byte
{
    /// <summary>With the answer that follows.</summary>
    Ok = 0,

    /// <summary>The process was not there, or ended before it answered; a sentence follows.</summary>
    NoProcess = 1,

    /// <summary>The message could not be read as what the process takes; a sentence follows.</summary>
    BadMessage = 2,

    /// <summary>No function of that name is registered; a sentence follows.</summary>
    NotRegistered = 3,

    /// <summary>The process refused or failed; a sentence follows.</summary>
    Failed = 4,

    /// <summary>As many as the caller may have are there already; a sentence follows.</summary>
    Busy = 5,
}

/// <summary>What a Reply frame begins with: which call it answers (8 bytes), and how it ended (1 byte).</summary>
internal readonly record struct ReplyHeader(ulong Call, ReplyStatus Status)
{
    public const int Size = sizeof(ulong) + 1;

    public static ReplyHeader Read(ReadOnlySpan<byte> payload) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(payload), (ReplyStatus)payload[sizeof(ulong)]);

    public void Write(Span<byte> destination)
    {
        destination[sizeof(ulong)] = (byte)Status;
        BinaryPrimitives.WriteUInt64BigEndian(destination, Call);
    }
}
