namespace Firn.Relays;

/// <summary>
/// Passes bytes between two streams, both ways, as they are read and no faster than they are taken. What one end has said before its end
/// is passed on whole, and its end behind it; a stream that breaks off ends the other at once.
/// </summary>
internal sealed class Forwarding
{
    private readonly FirnStream _one;
    private readonly FirnStream _other;
    private long _bytes;

    public Forwarding(FirnStream one, FirnStream other)
    {
        (_one, _other) = (one, other);
        one.WhenAborted(() => BreakOff(one, other));
        other.WhenAborted(() => BreakOff(other, one));
    }

    /// <summary>Bytes passed on so far, of both directions.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Completes when nothing more is to be passed on.</summary>
    public Task RunAsync() => Task.WhenAll(PassAsync(_one, _other), PassAsync(_other, _one));

    private async Task PassAsync(FirnStream from, FirnStream to)
    {
        try
        {
            while (true)
            {
                var read = await from.Input.ReadAsync().ConfigureAwait(false);
                foreach (var segment in read.Buffer)
                {
                    await to.WriteAsync(segment).ConfigureAwait(false);
                    Interlocked.Add(ref _bytes, segment.Length);
                }

                from.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                    break;
            }

            to.CompleteWrites();
            if (from.IsAborted)
                Stop(to);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two is over. The other is told before this is done: else it would see an end in good order.
            if (from.IsAborted)
                BreakOff(from, to);
            if (to.IsAborted)
                BreakOff(to, from);
        }
    }

    /// <summary>
    /// One stream is over. A reset is passed on as it is, and for the loss of a session there is a code. Who had said all before takes
    /// nothing more, but what it said is still on its way.
    /// </summary>
    private static void BreakOff(FirnStream from, FirnStream to)
    {
        if (!from.Received.HasEnded)
            to.Reset(from.Failure is StreamResetException { Code: var code } ? code : StreamResetCode.RelayLost);
        else if (to.Sending.IsEnding)
            Stop(to);
    }

    /// <summary>
    /// Nobody is left to take what comes on it. Its reader is told, who may hold memory of the stream at this moment; the stream itself is
    /// disposed when nobody does.
    /// </summary>
    private static void Stop(FirnStream stream) => stream.Input.CancelPendingRead();
}
