using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Firn.Testing;

/// <summary>
/// One way of a link: which packets survive it and when each comes out. Time comes in as <see cref="Stopwatch"/> timestamps, chance
/// from the seed alone, so the same packets meet the same fate.
/// </summary>
internal sealed class WireDirection(int seed)
{
    /// <summary>More packets in flight than this are dropped, as a full router does.</summary>
    public const int Capacity = 16_384;

    private readonly Random _random = new(seed);
    private readonly Queue<(long Due, byte[] Packet)> _inFlight = new();

    /// <summary>When the next packet comes out, never before those sent earlier; null when none is in flight.</summary>
    public long? NextDue => _inFlight.TryPeek(out (long Due, byte[] Packet) next) ? next.Due : null;

    /// <summary>Takes a packet in, or returns false: lost.</summary>
    public bool Send(ReadOnlySpan<byte> packet, long now, LinkConditions conditions)
    {
        // Both drawn for every packet, so that one's fate does not shift the chances of the next.
        double survival = _random.NextDouble();
        TimeSpan delay = conditions.Delay + conditions.Jitter * _random.NextDouble();
        if (survival < conditions.Loss || _inFlight.Count >= Capacity)
        {
            return false;
        }

        long due = now + (long)(delay.TotalSeconds * Stopwatch.Frequency);
        _inFlight.Enqueue((due, packet.ToArray()));
        return true;
    }

    /// <summary>The next packet that is due.</summary>
    public bool TryReceive(long now, [NotNullWhen(true)] out byte[]? packet)
    {
        packet = NextDue <= now ? _inFlight.Dequeue().Packet : null;
        return packet is not null;
    }
}
