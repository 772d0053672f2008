using System.Buffers.Binary;

namespace Firn.Protocol;

/// <summary>
/// What the first frame of a message begins with: its length if it goes on in further frames (4 bytes), the call that awaits a reply
/// (8), the trace context (25), each if the frame's flags say so.
/// </summary>
/// <param name="TotalLength">Bytes of the whole body.</param>
/// <param name="Call">0: nobody awaits a reply.</param>
/// <param name="Trace">Where it stands in a trace, if anywhere.</param>
internal readonly record struct MessageHeader(int TotalLength, ulong Call, TraceContext Trace)
{
    /// <summary>The largest body: 16 MiB.</summary>
    public const int MaxBody = 16 * 1024 * 1024;

    /// <summary>The most that stands before the body in a first frame.</summary>
    public const int MaxSize = sizeof(uint) + sizeof(ulong) + TraceContext.Size;

    /// <summary>What a message is charged beside its body, so that empty ones are not free.</summary>
    public const int Overhead = 64;

    /// <summary>The largest body that always fits into one frame.</summary>
    public const int MaxWhole = FrameHeader.DefaultMaxPayload - MaxSize;

    /// <summary>Bytes of the header in front of the body, without the length of the whole.</summary>
    public int WholeSize => (Call == 0 ? 0 : sizeof(ulong)) + (Trace.IsNone ? 0 : TraceContext.Size);

    /// <summary>The flags of a message that fits into one frame.</summary>
    public byte WholeFlags => (byte)((Call == 0 ? 0 : FrameFlags.Call) | (Trace.IsNone ? 0 : FrameFlags.Trace));

    /// <summary>Writes what <see cref="WholeFlags"/> promises; returns <see cref="WholeSize"/>.</summary>
    public int WriteWhole(Span<byte> destination)
    {
        int length = 0;
        if (Call != 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination, Call);
            length = sizeof(ulong);
        }

        if (!Trace.IsNone)
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination[length..], Trace.TraceId);
            BinaryPrimitives.WriteUInt64BigEndian(destination[(length + 16)..], Trace.SpanId);
            destination[length + 24] = Trace.Flags;
            length += TraceContext.Size;
        }

        return length;
    }

    /// <summary>
    /// Takes the header off the payload of a first frame. False when it is cut off, or announces what no message may be: a body
    /// over the limit, or one that this frame holds whole already.
    /// </summary>
    public static bool TryRead(byte flags, ref ReadOnlySpan<byte> payload, out MessageHeader header)
    {
        header = default;
        bool goesOn = (flags & FrameFlags.More) != 0, isCall = (flags & FrameFlags.Call) != 0, isTraced = (flags & FrameFlags.Trace) != 0;
        int size = (goesOn ? sizeof(uint) : 0) + (isCall ? sizeof(ulong) : 0) + (isTraced ? TraceContext.Size : 0);
        if (payload.Length < size)
            return false;

        uint total = goesOn ? BinaryPrimitives.ReadUInt32BigEndian(payload) : 0;
        int at = goesOn ? sizeof(uint) : 0;
        ulong call = isCall ? BinaryPrimitives.ReadUInt64BigEndian(payload[at..]) : 0;
        at += isCall ? sizeof(ulong) : 0;
        var trace = isTraced
            ? new TraceContext(
                BinaryPrimitives.ReadUInt128BigEndian(payload[at..]), BinaryPrimitives.ReadUInt64BigEndian(payload[(at + 16)..]), payload[at + 24])
            : default;
        payload = payload[size..];
        if (goesOn && (total > MaxBody || total <= (uint)payload.Length))
            return false;
        if (isCall && call == 0)
            return false;

        header = new MessageHeader(goesOn ? (int)total : payload.Length, call, trace);
        return true;
    }
}
