namespace Firn.Benchmarks;

/// <summary>What is sent, by all contestants.</summary>
internal static class Payloads
{
    /// <summary>A small message, or a call and its reply.</summary>
    public static byte[] Small { get; } = Of(64);

    /// <summary>What a stream is written in.</summary>
    public static byte[] Chunk { get; } = Of(64 * 1024);

    /// <summary>A large message: 1 MiB.</summary>
    public static byte[] Large { get; } = Of(1024 * 1024);

    private static byte[] Of(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
