using System.Buffers.Binary;
using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol.Tests;

/// <summary>One frame of every type as this version writes it.</summary>
internal static class SampleFrames
{
    private const ulong One = 0x1111111111111111, Two = 0x2222222222222222;

    public static byte[] Of(FrameType type) => type switch
    {
        FrameType.Ping or FrameType.Pong => Frame(type, 0, 0, UInt64(0x0102030405060708)),
        FrameType.Describe => Frame(type, new Description { SoftwareVersion = "firn/0.1.0", Capabilities = { "x" }, Limits = new() { MaxFramePayload = 16_376 } }),
        FrameType.Records => Frame(type, new PeerRecords { Records = { new SignedPeerRecord { Record = ByteString.CopyFrom(1), Signature = ByteString.CopyFrom(2) } } }),
        FrameType.Close => Frame(type, new Close { Reason = CloseReason.Goodbye, Detail = "bye" }),
        FrameType.StreamOpen => Frame(type, 0, 1, StreamOpen(1 << 18, "echo")),
        FrameType.StreamData => Frame(type, FrameFlags.End, 1, "data"u8),
        FrameType.StreamCredit => Frame(type, 0, 1, UInt64(1 << 19)),
        FrameType.StreamReset => Frame(type, 0, 1, [0, 0, 1, 0]),
        FrameType.ChannelOpen => Frame(type, new ChannelTarget { Spawn = new() { Function = "counter", LinkedTo = One } }, channel: 1),
        FrameType.Message => Frame(type, FrameFlags.More | FrameFlags.Call | FrameFlags.Trace, 1, [.. FirstOfMany(), .. "body"u8]),
        FrameType.ChannelCredit => Frame(type, 0, 1, UInt64(1 << 18)),
        FrameType.ChannelRelease => Frame(type, 0, 1, []),
        FrameType.ChannelClosed => Frame(type, Firn.ExitReason.Error("why").ToWire(), channel: 1),
        FrameType.Reply => Frame(type, 0, 0, [.. Reply(7, ReplyStatus.Ok), .. "42"u8]),
        FrameType.Monitor => Frame(type, new MonitorSignal { Reference = One, Name = "counter" }),
        FrameType.Demonitor => Frame(type, new DemonitorSignal { Reference = One }),
        FrameType.Down => Frame(type, new DownSignal { Reference = One, Reason = Firn.ExitReason.Normal.ToWire(), Process = Two }),
        FrameType.Link or FrameType.Unlink or FrameType.UnlinkAck => Frame(type, new LinkSignal { From = One, To = Two }),
        FrameType.Exit => Frame(type, new ExitSignal { From = One, To = Two, Reason = Firn.ExitReason.Killed.ToWire(), IsLink = true }),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static byte[] Frame(FrameType type, IMessage message, uint channel = 0) => Frame(type, 0, channel, message.ToByteArray());

    private static byte[] Frame(FrameType type, byte flags, uint channel, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(type, flags, (ushort)payload.Length, channel).Write(frame);
        payload.CopyTo(frame.AsSpan(FrameHeader.Size));
        return frame;
    }

    private static byte[] UInt64(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] StreamOpen(uint window, string protocol)
    {
        byte[] bytes = new byte[StreamOpening.MaxLength];
        return bytes[..StreamOpening.Write(bytes, window, protocol)];
    }

    /// <summary>The header of a message of 65,536 bytes that is a call and traced.</summary>
    private static byte[] FirstOfMany()
    {
        byte[] bytes = new byte[MessageHeader.MaxSize];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, 65_536);
        new MessageHeader(0, 7, new TraceContext(new UInt128(1, 2), 3, 1)).WriteWhole(bytes.AsSpan(sizeof(uint)));
        return bytes;
    }

    private static byte[] Reply(ulong call, ReplyStatus status)
    {
        byte[] bytes = new byte[ReplyHeader.Size];
        new ReplyHeader(call, status).Write(bytes);
        return bytes;
    }
}
