using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Both ends of a stream; the handler of the second one runs until the pair is disposed.</summary>
internal sealed class StreamPair : IAsyncDisposable
{
    private static int _last;

    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FirnStream> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FirnStream _here = null!;

    private StreamPair()
    {
    }

    /// <summary>The end that opened it.</summary>
    public FirnStream Here => _here;

    /// <summary>The handler's end.</summary>
    public FirnStream There { get; private set; } = null!;

    /// <summary>A stream to <paramref name="peer"/>, which is <paramref name="node"/>.</summary>
    public static async Task<StreamPair> OpenAsync(Peer peer, LiveNode node)
    {
        var pair = new StreamPair();
        string protocol = $"pair/{Interlocked.Increment(ref _last)}";
        using var handling = node.Node.HandleStreams(protocol, async stream =>
        {
            pair._accepted.SetResult(stream);
            await pair._end.Task;
        });
        pair._here = await peer.OpenStreamAsync(protocol);
        pair.There = await pair._accepted.Task.Within();
        return pair;
    }

    public async ValueTask DisposeAsync()
    {
        _end.SetResult();
        await _here.DisposeAsync();
    }
}

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

/// <summary>Two real nodes over loopback, and streams between them.</summary>
public abstract class StreamFixture : Nodes.NodeFixture
{
    private protected async Task<(LiveNode Alpha, LiveNode Beta, Peer Peer)> ConnectAsync(Action<NodeOptions>? change = null)
    {
        var (alpha, beta) = (await StartAsync("alpha", change), await StartAsync("beta", change));
        return (alpha, beta, await alpha.ConnectAsync(beta));
    }

    private protected async Task<StreamPair> OpenAsync()
    {
        var (_, beta, peer) = await ConnectAsync();
        return await StreamPair.OpenAsync(peer, beta);
    }
}
