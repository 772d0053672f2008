using System.Buffers;
using System.Security.Authentication;
using Firn.Messaging;
using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>What the reader hands each frame to. It must not wait.</summary>
internal interface IFrameSink
{
    /// <summary>Completes when frames may be handed over; until then the reader reads, and waits.</summary>
    Task Activation { get; }

    /// <summary>Bytes came, of whatever kind: the peer lives.</summary>
    void OnReceived(int bytes);

    /// <summary>A frame came; its payload is valid during the call. False stops the reader.</summary>
    bool OnFrame(FrameHeader header, ReadOnlySpan<byte> payload);

    /// <summary>Frames are about to be handed over.</summary>
    void OnResume();

    /// <summary>All frames that were there have been; the reader asks for more.</summary>
    void OnPause();

    /// <summary>Lets those go on whom the frames were for, all but one, which the caller resumes when the next read is posted.</summary>
    IWaiter? TakeWaiter();
}

/// <summary>Why the reader stopped.</summary>
internal readonly record struct ReadEnd(EndReason Reason, string Detail);

/// <summary>The session's only read loop. An idle session holds no buffer: it waits in a read of zero bytes.</summary>
internal sealed class SessionReader(Stream stream, int maxPayload, TimeProvider time, IFrameSink sink)
{
    // A session is busy after so many reads in a row that waited no longer than this; a second system call per read then
    // costs more than a buffer. A ping and its pong now and then make none busy.
    private const int BusyReads = 4;
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(20);

    // Four TLS records, so that a frame which was cut goes on in the same buffer.
    private const int BufferSize = 64 * 1024;
    private const int DrainBuffer = 4096;

    /// <summary>Reads until the end of the stream, an error, or until the sink has had enough.</summary>
    public async Task<ReadEnd> RunAsync()
    {
        var frames = new FrameReader(maxPayload);
        byte[]? buffer = null;
        int filled = 0;
        int shortWaits = 0;
        try
        {
            while (true)
            {
                long asked = time.GetTimestamp();
                if (shortWaits < BusyReads && filled == 0)
                {
                    Release(ref buffer);
                    await new PostedRead(stream.ReadAsync(Memory<byte>.Empty), sink);
                }

                // What a ping needs is little, and the pool keeps much of what is large.
                int wanted = shortWaits < BusyReads ? frames.BufferSize : Math.Max(BufferSize, frames.BufferSize);
                if (filled == 0 && buffer?.Length < wanted)
                    Release(ref buffer);
                buffer ??= ArrayPool<byte>.Shared.Rent(wanted);
                int read = await new PostedRead(stream.ReadAsync(buffer.AsMemory(filled)), sink);
                if (read == 0)
                    return new ReadEnd(EndReason.TransportError, "the peer closed the connection without a goodbye");

                shortWaits = time.GetElapsedTime(asked) > ShortWait ? 0 : Math.Min(shortWaits + 1, BusyReads);
                filled += read;
                sink.OnReceived(read);
                if (!sink.Activation.IsCompleted)
                    await sink.Activation.ConfigureAwait(false);
                if (!Take(frames, buffer, ref filled, out var error))
                    return error;
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            return new ReadEnd(EndReason.TransportError, $"the connection broke: {(e.InnerException ?? e).Message}");
        }
        finally
        {
            Release(ref buffer);
        }
    }

    /// <summary>Reads on without looking, until the other end hangs up or the connection is cut.</summary>
    public async Task DrainAsync()
    {
        byte[]? buffer = ArrayPool<byte>.Shared.Rent(DrainBuffer);
        try
        {
            while (await stream.ReadAsync(buffer).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // That is the end.
        }
        finally
        {
            Release(ref buffer);
        }
    }

    private static bool IsLoss(Exception e) =>
        e is IOException or ObjectDisposedException or AuthenticationException or InvalidOperationException;

    private bool Take(FrameReader frames, byte[] buffer, ref int filled, out ReadEnd end)
    {
        end = default;
        ReadOnlySpan<byte> unread = buffer.AsSpan(0, filled);
        FrameHeader header;
        FrameError error;
        sink.OnResume();
        try
        {
            while (frames.TryRead(ref unread, out header, out var payload, out error))
            {
                if (!sink.OnFrame(header, payload))
                    return false;
            }
        }
        finally
        {
            sink.OnPause();
        }

        if (error != FrameError.None)
        {
            end = new ReadEnd(EndReason.ProtocolError, error.Describe(header));
            return false;
        }

        unread.CopyTo(buffer);
        filled = unread.Length;
        return true;
    }

    private static void Release(ref byte[]? buffer)
    {
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
    }
}
