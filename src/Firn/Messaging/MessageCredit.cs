using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Messaging;

/// <summary>
/// The credit of a session's incoming messages: windows, and a reserve for messages that are larger than what is left of their
/// channel's window. A message's whole rest is reserved at once, so that no two wait for each other; who finds no room waits. Most of the
/// reserve is for messages that are taken as soon as they are there, so no mailbox that is not read can hold up the others.
/// </summary>
internal sealed class MessageCredit(Session session)
{
    /// <summary>What the windows may grow by in all; with the floors of 1,024 channels and the reserve, 64 MiB.</summary>
    public const long Budget = 8 * 1024 * 1024;

    /// <summary>What is kept for messages whose target waits for them.</summary>
    private const long ForReady = MessageHeader.MaxBody;

    /// <summary>What may be reserved in all.</summary>
    public const long Reserve = ForReady + (8 * 1024 * 1024);

    private readonly ReceiveCredit _windows = new(session, FrameType.ChannelCredit, InChannel.Floor, Budget, grantsPerWindow: 4);
    private readonly List<InChannel> _line = [];
    private long _reserve = Reserve;

    public Lock Gate => _windows.Gate;

    /// <summary>What is not reserved, and what windows have not grown by.</summary>
    public (long Reserve, long Windows) Free
    {
        get
        {
            lock (Gate)
                return (_reserve, _windows.Free);
        }
    }

    /// <summary>Under the gate.</summary>
    public ReceiveWindow NewWindow() => _windows.NewWindow();

    /// <summary>Under the gate.</summary>
    public bool Consume(ref ReceiveWindow window, long amount) => _windows.Consume(ref window, amount);

    public void Tell(InChannel channel, byte flags = 0) => _windows.Tell(channel, flags);

    /// <summary>Grants <paramref name="channel"/> the rest of a message as soon as the reserve allows.</summary>
    public void Enter(InChannel channel, long amount)
    {
        lock (Gate)
        {
            if (channel.IsClosed)
                return;
            channel.Wanted = amount;
            channel.Target.OnReserving(begins: true);
            _line.Add(channel);
        }

        Serve();
    }

    /// <summary>Under the gate: the rest has come, or does not come any more.</summary>
    public void Leave(InChannel channel)
    {
        if (channel.Wanted == 0)
            return;
        channel.Wanted = 0;
        channel.Target.OnReserving(begins: false);
        _line.Remove(channel);
    }

    public void ReturnReserved(long amount)
    {
        lock (Gate)
            _reserve += amount;
        Serve();
    }

    /// <summary>Grants what the reserve has room for: it has more of it, or a target is ready.</summary>
    public void Serve()
    {
        while (TryServe() is { } channel)
            Tell(channel);
    }

    private InChannel? TryServe()
    {
        lock (Gate)
        {
            // In line for what is kept for those that are ready, so that a large one gets it in the end; of the rest, whoever fits.
            var channel = _line.Find(c => c.Target.IsReady) is { } ready && ready.Wanted <= _reserve
                ? ready
                : _line.Find(c => c.Wanted <= _reserve - ForReady);
            if (channel is null)
                return null;

            long amount = channel.Wanted;
            _reserve -= amount;
            Leave(channel);
            channel.GrantReserved(amount);
            return channel;
        }
    }
}
