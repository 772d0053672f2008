using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Messaging;

/// <summary>
/// The credit of a session's incoming messages: windows, and a reserve for messages that are larger than their channel's window. Who
/// finds the reserve taken waits in line; a message's whole rest is reserved at once, so that no two wait for each other.
/// </summary>
internal sealed class MessageCredit(Session session)
{
    /// <summary>What the windows may grow by in all; with the floors of 1,024 channels and the reserve, 64 MiB.</summary>
    private const long Budget = 16 * 1024 * 1024;

    private readonly ReceiveCredit _windows = new(session, FrameType.ChannelCredit, InChannel.Floor, Budget);
    private readonly Queue<(InChannel Channel, long Amount)> _line = new(0);
    private long _reserve = MessageHeader.MaxBody;

    public Lock Gate => _windows.Gate;

    /// <summary>Under the gate.</summary>
    public ReceiveWindow NewWindow() => _windows.NewWindow();

    /// <summary>Under the gate.</summary>
    public bool Consume(ref ReceiveWindow window, long amount) => _windows.Consume(ref window, amount);

    public void Tell(uint channel, long granted) => _windows.Tell(channel, granted);

    /// <summary>Grants <paramref name="channel"/> the rest of a message as soon as the reserve allows.</summary>
    public void Reserve(InChannel channel, long amount)
    {
        lock (Gate)
            _line.Enqueue((channel, amount));
        Serve();
    }

    public void ReturnReserved(long amount)
    {
        lock (Gate)
            _reserve += amount;
        Serve();
    }

    private void Serve()
    {
        while (true)
        {
            InChannel channel;
            long granted;
            lock (Gate)
            {
                while (_line.TryPeek(out var first) && (first.Channel.IsClosed || !first.Channel.AwaitsReserve))
                    _line.Dequeue();
                if (!_line.TryPeek(out var next) || next.Amount > _reserve)
                    return;

                _line.Dequeue();
                _reserve -= next.Amount;
                channel = next.Channel;
                granted = channel.GrantReserved(next.Amount);
            }

            Tell(channel.Id, granted);
        }
    }
}
