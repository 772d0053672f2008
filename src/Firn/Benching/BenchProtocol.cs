using System.Buffers.Binary;
using System.Text.Json.Serialization;

namespace Firn.Benching;

/// <summary>Asks the process <c>firn/bench</c> for a partner to measure with, which lives as long as <paramref name="Client"/>.</summary>
internal sealed record BenchStart(Pid Client);

/// <summary>What a message of a bench is, as its first byte says.</summary>
internal enum BenchCommand : byte
{
    /// <summary>A call: to be answered with itself.</summary>
    Echo,

    /// <summary>To be counted.</summary>
    Count,

    /// <summary>A call: to be answered with the number of messages counted so far (8 bytes), which begins anew.</summary>
    Total,

    /// <summary>Asks for messages of a size (4 bytes) for so many milliseconds (4 bytes), then <see cref="End"/>.</summary>
    Send,

    /// <summary>That was all.</summary>
    End,
}

/// <summary>How two nodes measure: the process and the streams <c>firn/bench</c>, and the limits of what one may ask of the other.</summary>
internal static class BenchProtocol
{
    /// <summary>The name of the process and of the protocol of the streams.</summary>
    public const string Name = "firn/bench";

    /// <summary>Benches that a node serves at a time.</summary>
    public const int MaxRunning = 4;

    /// <summary>Streams of one bench at a time.</summary>
    public const int MaxStreams = 16;

    /// <summary>Bytes of the largest message, and of the largest write to a stream.</summary>
    public const int MaxSize = 16 * 1024 * 1024;

    /// <summary>Bytes of a message that is counted rather than weighed.</summary>
    public const int SmallSize = 64;

    public static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(10);

    public static readonly JsonMessageSerializer Serializer = new(BenchJson.Default);

    public static BenchCommand CommandOf(ReadOnlyMemory<byte> message) => message.IsEmpty ? BenchCommand.End : (BenchCommand)message.Span[0];

    /// <summary>A message of that many bytes, at least one.</summary>
    public static byte[] Message(BenchCommand command, int size)
    {
        var message = new byte[size];
        message[0] = (byte)command;
        return message;
    }
}

/// <summary>How much is to be sent: in pieces of a size, for a time.</summary>
internal readonly record struct BenchOrder(int Size, TimeSpan Time)
{
    public const int Length = 2 * sizeof(int);

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, Size);
        BinaryPrimitives.WriteInt32BigEndian(destination[sizeof(int)..], (int)Time.TotalMilliseconds);
    }

    /// <summary>Reads an order; false when it is none, or goes beyond the limits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out BenchOrder order)
    {
        order = default;
        if (source.Length != Length)
            return false;

        order = new BenchOrder(
            BinaryPrimitives.ReadInt32BigEndian(source), TimeSpan.FromMilliseconds(BinaryPrimitives.ReadInt32BigEndian(source[sizeof(int)..])));
        return order.Size is >= 1 and <= BenchProtocol.MaxSize && order.Time > TimeSpan.Zero && order.Time <= BenchProtocol.MaxTime;
    }
}

/// <summary>What a stream of a bench begins with: of which bench it is, and what the end that accepts it is to send, if anything.</summary>
internal readonly record struct BenchStreamHead(ulong Bench, BenchOrder? Order)
{
    private const int Length = sizeof(ulong) + BenchOrder.Length;

    public async Task WriteAsync(FirnStream stream, CancellationToken cancellationToken)
    {
        var head = new byte[Length];
        BinaryPrimitives.WriteUInt64BigEndian(head, Bench);
        Order?.Write(head.AsSpan(sizeof(ulong)));
        await stream.WriteAsync(head, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<BenchStreamHead> ReadAsync(FirnStream stream)
    {
        var head = await BenchBytes.ReadAsync(stream, Length, CancellationToken.None).ConfigureAwait(false);
        return new BenchStreamHead(
            BinaryPrimitives.ReadUInt64BigEndian(head), BenchOrder.TryRead(head.AsSpan(sizeof(ulong)), out var order) ? order : null);
    }
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BenchStart))]
[JsonSerializable(typeof(Pid))]
internal sealed partial class BenchJson : JsonSerializerContext;
