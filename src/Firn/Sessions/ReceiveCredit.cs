using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>The receiving end of a stream or channel, which grants.</summary>
internal interface IGranting
{
    uint Id { get; }

    /// <summary>The total that may have been sent; it never falls.</summary>
    long Granted { get; }
}

/// <summary>
/// What the receiving ends of a session's streams, or of its channels of messages, share: the budget of their windows and its
/// lock, the clock, and how a grant is told.
/// </summary>
internal sealed class ReceiveCredit(Session session, FrameType grantType, int floor, long budget, int grantsPerWindow = 2)
{
    private readonly WindowBudget _budget = new(budget);

    /// <summary>Guards the windows. Nothing is called back under it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What no window has taken.</summary>
    public long Free
    {
        get
        {
            lock (Gate)
                return _budget.Free;
        }
    }

    /// <summary>Under the gate: a window of the floor.</summary>
    public ReceiveWindow NewWindow() => new(_budget, floor, grantsPerWindow);

    /// <summary>Under the gate: something was consumed. True when there is a grant to <see cref="Tell"/>.</summary>
    public bool Consume(ref ReceiveWindow window, long amount)
    {
        _budget.IsMemoryShort = session.IsMemoryShort;
        return window.Consume(amount, session.Now.Ticks, session.LeastRtt.Ticks);
    }

    /// <summary>Tells the other end what it may have sent on a stream or channel.</summary>
    public void Tell(IGranting channel, byte flags = 0) => session.SendGrant(new FrameHeader(grantType, flags, sizeof(ulong), channel.Id), channel);
}
