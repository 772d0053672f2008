using System.Buffers;
using System.Runtime.CompilerServices;
using Firn.Transports;

namespace Firn.Streams;

/// <summary>
/// Carries one stream on a stream of the transport's own: reads it as fast as it comes, since what may come is limited by what was granted,
/// and lets it go when both directions are over.
/// </summary>
internal sealed class NativeCarrier(INativeStream native, FirnStream stream, NativeStreams streams)
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Runs until both directions of the native stream are over.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(ReadAsync(), WatchAsync()).ConfigureAwait(false);
        await native.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await ReceiveAsync().ConfigureAwait(false))
            {
            }
        }
        catch (NativeAbortException e)
        {
            if (e.ResetCode is { } code)
                stream.OnReset(code);
        }
        catch (Exception e) when (IsLoss(e))
        {
            // This end wants no more, or the link is over: then the session ends, and its streams with it.
        }
    }

    /// <summary>Waits for bytes without a buffer, then takes all that are there. False at the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync()
    {
        await native.ReadAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int length = await native.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false);
            streams.OnReceived(length);
            var receipt = stream.Received.Receive(buffer.AsSpan(0, length), isEnd: length == 0);
            if (receipt == Receipt.Refused)
                streams.OnTooMuch(stream);
            else if (length == 0)
                stream.Settle();
            else
                stream.Received.Publish();
            return receipt == Receipt.Taken && length > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            await native.WritesClosed.ConfigureAwait(false);
        }
        catch (NativeAbortException e)
        {
            if (e.ResetCode is { } code)
                stream.OnStopped(code);
        }
        catch (Exception e) when (IsLoss(e))
        {
            // As above.
        }
    }

    private static bool IsLoss(Exception e) => e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException;
}
