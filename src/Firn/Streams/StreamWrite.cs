using Firn.Pooling;
using Firn.Sessions;

namespace Firn.Streams;

/// <summary>A write to a stream that waits for credit, or for the connection.</summary>
internal sealed class StreamWrite : SendOperation
{
    private static readonly Pool<StreamWrite> Pool = new(() => new StreamWrite());

    private CancellationTokenRegistration _cancellation;
    private IStreamOutput? _output;

    /// <summary>What of it is not framed yet.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Whether some of it is framed.</summary>
    public bool IsBegun { get; set; }

    /// <summary>Why there can be no write to a stream now: it has been completed, or another write is under way; null when there can.</summary>
    public static InvalidOperationException? WhyNone(bool isEnding, bool isUnderWay) =>
        isEnding ? new InvalidOperationException("This end of the stream has been completed: nothing can be written to it any more.")
        : isUnderWay ? new InvalidOperationException("A write to this stream is under way: wait for it before the next.")
        : null;

    public static StreamWrite Rent(ReadOnlyMemory<byte> data)
    {
        var write = Pool.Rent();
        write.Data = data;
        return write;
    }

    public void CancelOn(IStreamOutput output, CancellationToken cancellationToken)
    {
        _output = output;
        _cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((StreamWrite)state!)._output?.Cancel((StreamWrite)state, token), this);
    }

    protected override void OnCompleting() => Data = default;

    protected override void Recycle()
    {
        _cancellation.Dispose();
        (_cancellation, _output, IsBegun) = (default, null, false);
        Pool.Return(this);
    }
}
