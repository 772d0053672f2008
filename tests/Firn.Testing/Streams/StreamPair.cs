namespace Firn.Testing;

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
