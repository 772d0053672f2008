using System.Security.Cryptography;

namespace Firn.Sessions;

/// <summary>
/// The pings that wait for their pong. A pong is known by its nonce, which nobody can guess, and timed by the local
/// monotonic clock alone, so that no peer can make itself look nearer than it is.
/// </summary>
internal sealed class PingTable(TimeProvider time)
{
    /// <summary>Pings under way at a time.</summary>
    public const int MaxPending = 64;

    private readonly Lock _gate = new();
    private readonly List<Pending> _pending = [];

    private readonly record struct Pending(ulong Nonce, long SentAt, TaskCompletionSource<TimeSpan>? Waiter);

    /// <summary>Enters a ping that is about to be sent; null when too many are waited for. One that nobody waits for gives way.</summary>
    public ulong? Add(TaskCompletionSource<TimeSpan>? waiter)
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        ulong nonce = BitConverter.ToUInt64(bytes);

        lock (_gate)
        {
            if (_pending.Count >= MaxPending)
            {
                int unwaited = _pending.FindIndex(p => p.Waiter is null);
                if (unwaited < 0)
                    return null;
                _pending.RemoveAt(unwaited);
            }

            _pending.Add(new Pending(nonce, time.GetTimestamp(), waiter));
        }

        return nonce;
    }

    /// <summary>The pong to <paramref name="nonce"/> came; false when none was asked for.</summary>
    public bool TryTake(ulong nonce, out TimeSpan rtt, out TaskCompletionSource<TimeSpan>? waiter)
    {
        lock (_gate)
        {
            int index = _pending.FindIndex(p => p.Nonce == nonce);
            if (index < 0)
            {
                (rtt, waiter) = (default, null);
                return false;
            }

            (rtt, waiter) = (time.GetElapsedTime(_pending[index].SentAt), _pending[index].Waiter);
            _pending.RemoveAt(index);
            return true;
        }
    }

    /// <summary>Whoever asked no longer waits.</summary>
    public void Remove(ulong nonce)
    {
        lock (_gate)
            _pending.RemoveAll(p => p.Nonce == nonce);
    }

    /// <summary>Ends every wait with <paramref name="failure"/>.</summary>
    public void Fail(Exception failure)
    {
        Pending[] waiting;
        lock (_gate)
        {
            waiting = [.. _pending];
            _pending.Clear();
        }

        foreach (var ping in waiting)
            ping.Waiter?.TrySetException(failure);
    }
}
