using System.Buffers.Binary;
using System.Diagnostics;
using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>
/// What the receiving ends of a session's streams, or of its channels of messages, share: the budget of their windows and its
/// lock, the clock, and how a grant is told.
/// </summary>
internal sealed class ReceiveCredit(Session session, FrameType grantType, int floor, long budget)
{
    private readonly WindowBudget _budget = new(budget);

    /// <summary>Guards the windows. Nothing is called back under it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Under the gate: a window of the floor.</summary>
    public ReceiveWindow NewWindow() => new(_budget, floor);

    /// <summary>Under the gate: something was consumed. True when there is a grant to <see cref="Tell"/>.</summary>
    public bool Consume(ref ReceiveWindow window, long amount)
    {
        _budget.IsMemoryShort = session.IsMemoryShort;
        return window.Consume(amount, Stopwatch.GetTimestamp(), ToTimestamp(session.LeastRtt));
    }

    /// <summary>Tells the other end what it may have sent on a stream or channel.</summary>
    public void Tell(uint channel, long granted)
    {
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(payload, (ulong)granted);
        session.SendFirst(new FrameHeader(grantType, 0, sizeof(ulong), channel), payload, Flush.Now);
    }

    private static long ToTimestamp(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}
