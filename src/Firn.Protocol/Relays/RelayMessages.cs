using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>What is said on a stream before it is a link: one message each way, behind its length.</summary>
internal static class RelayMessages
{
    /// <summary>The protocol of a stream to a relay.</summary>
    public const string Asking = "firn/relay";

    /// <summary>The protocol of a stream from a relay.</summary>
    public const string Bringing = "firn/relayed";

    /// <summary>Bytes that stand before a message and say its length.</summary>
    public const int PrefixLength = sizeof(ushort);

    /// <summary>Bytes of a message.</summary>
    public const int MaxLength = 256;

    private const uint Version = 1;

    /// <summary>The length of the message that follows; false when it is longer than any may be.</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> prefix, out int length) =>
        (length = BinaryPrimitives.ReadUInt16BigEndian(prefix)) <= MaxLength;

    /// <summary>Asks for <paramref name="target"/>.</summary>
    public static byte[] Request(Did target) =>
        WithLength(new RelayRequest { Version = Version, Target = ByteString.CopyFrom(target.Point) });

    /// <summary>Says who asked.</summary>
    public static byte[] Notice(Did asker) => WithLength(new RelayNotice { Version = Version, Asker = ByteString.CopyFrom(asker.Point) });

    public static byte[] Answer(RelayStatus status) => WithLength(new RelayAnswer { Status = status });

    /// <summary>Who is asked for; false when it is malformed, or of a version that this node does not know.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> message, [NotNullWhen(true)] out Did? target)
    {
        target = null;
        return TryParse(RelayRequest.Parser, message, out var request) && request.Version == Version && TryReadDid(request.Target, out target);
    }

    /// <summary>Who asks, as the relay says.</summary>
    public static bool TryReadNotice(ReadOnlySpan<byte> message, [NotNullWhen(true)] out Did? asker)
    {
        asker = null;
        return TryParse(RelayNotice.Parser, message, out var notice) && notice.Version == Version && TryReadDid(notice.Asker, out asker);
    }

    /// <summary>A status that this version does not know is read as <see cref="RelayStatus.Unspecified"/>, and so is what is no answer.</summary>
    public static RelayStatus ReadAnswer(ReadOnlySpan<byte> message) =>
        TryParse(RelayAnswer.Parser, message, out var answer) && Enum.IsDefined(answer.Status) ? answer.Status : RelayStatus.Unspecified;

    private static bool TryParse<T>(MessageParser<T> parser, ReadOnlySpan<byte> message, [NotNullWhen(true)] out T? parsed)
        where T : class, IMessage<T>
    {
        try
        {
            parsed = parser.ParseFrom(message);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            parsed = null;
            return false;
        }
    }

    /// <summary>Only compared and shown, never verified with: so whether the point is on the curve is not looked at.</summary>
    private static bool TryReadDid(ByteString point, [NotNullWhen(true)] out Did? did)
    {
        did = point.Length == Did.PointLength && point[0] is 2 or 3 ? Did.FromValidPoint(point.Span) : null;
        return did is not null;
    }

    private static byte[] WithLength(IMessage message)
    {
        int length = message.CalculateSize();
        byte[] bytes = new byte[PrefixLength + length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)length);
        message.WriteTo(bytes.AsSpan(PrefixLength));
        return bytes;
    }
}
