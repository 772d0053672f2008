namespace Firn.Testing;

/// <summary>What tests of streams share.</summary>
internal static class StreamTesting
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(30);

    public static Task Within(this Task task) => task.WaitAsync(Ceiling);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Ceiling);

    public static Task Within(this ValueTask task) => task.AsTask().WaitAsync(Ceiling);

    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Ceiling);

    /// <summary>Has <paramref name="work"/> done until its stream is over.</summary>
    public static void UntilOver(Func<Task> work) => _ = Task.Run(async () =>
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // That is the end.
        }
    });

    /// <summary>Bytes in which a loss or a swap shows.</summary>
    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static async Task<byte[]> ReadToEndAsync(this Stream stream)
    {
        var all = new MemoryStream();
        await stream.CopyToAsync(all).Within();
        return all.ToArray();
    }

    /// <summary>Reads exactly so many bytes, within the ceiling.</summary>
    public static async Task<byte[]> TakeAsync(this Stream stream, int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes).Within();
        return bytes;
    }
}
