using System.Buffers.Binary;

namespace Firn.Benchmarks;

/// <summary>What calls, large messages, and messages to one of several targets travel in: length (4), id (4), payload.</summary>
internal static class RawFrame
{
    public const int HeaderBytes = 2 * sizeof(int);

    /// <summary>The id of a large message, or of a piece of one. Calls have others, and so have their replies.</summary>
    public const int Large = 0;

    /// <summary>The most that a piece carries: with its header it fills a TLS record.</summary>
    public const int MaxPiece = 16 * 1024 - HeaderBytes;

    /// <summary>Bytes of a call and of its reply.</summary>
    public static int CallBytes { get; } = HeaderBytes + Payloads.Small.Length;

    public static void WriteHeader(Span<byte> destination, int length, int id)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, length);
        BinaryPrimitives.WriteInt32BigEndian(destination[sizeof(int)..], id);
    }

    public static (int Length, int Id) ReadHeader(ReadOnlySpan<byte> source) =>
        (BinaryPrimitives.ReadInt32BigEndian(source), BinaryPrimitives.ReadInt32BigEndian(source[sizeof(int)..]));
}
