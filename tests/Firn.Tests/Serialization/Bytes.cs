using System.Buffers;
using System.Text;
using Firn.Messaging;
using Firn.Serialization;

namespace Firn.Tests.Serialization;

/// <summary>Values to bytes and back in one line, as one piece or in pieces of a few bytes.</summary>
internal static class Bytes
{
    public static byte[] Of<T>(T value, MessageSerializer? serializer = null)
    {
        var output = new ArrayBufferWriter<byte>();
        Payloads.Write(value, serializer ?? JsonMessageSerializer.Default, output);
        return output.WrittenSpan.ToArray();
    }

    public static string TextOf<T>(T value, MessageSerializer? serializer = null) => Encoding.UTF8.GetString(Of(value, serializer));

    public static T Read<T>(byte[] bytes, MessageSerializer? serializer = null, ProcessHost? host = null) =>
        Payloads.Read<T>(new ReadOnlySequence<byte>(bytes), serializer ?? JsonMessageSerializer.Default, host);

    public static T Read<T>(string text, MessageSerializer? serializer = null) => Read<T>(Encoding.UTF8.GetBytes(text), serializer);

    public static T Copy<T>(T value, MessageSerializer? serializer = null, ProcessHost? host = null) =>
        Payloads.Read<T>(InPieces(Of(value, serializer), 3), serializer ?? JsonMessageSerializer.Default, host);

    public static ReadOnlySequence<byte> InPieces(byte[] bytes, int size)
    {
        if (bytes.Length <= size)
            return new(bytes);
        var first = new Piece(bytes.AsMemory(0, size), 0);
        var last = first;
        for (int at = size; at < bytes.Length; at += size)
            last = last.Then(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long runningIndex) => (Memory, RunningIndex) = (memory, runningIndex);

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
