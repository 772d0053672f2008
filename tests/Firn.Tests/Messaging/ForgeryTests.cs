using System.Threading.Channels;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Testing;
using Google.Protobuf;

namespace Firn.Tests.Messaging;

/// <summary>A payload is its receiver's affair: none is taken for a signal, whatever it looks like.</summary>
public sealed class ForgeryTests : ProcessFixture
{
    private readonly Channel<string> _notices = Channel.CreateUnbounded<string>();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_bytes_of_signals_are_bytes(bool isRemote)
    {
        var (attacker, friend, victim, monitor) = await VictimAsync<byte[]>(isRemote);
        ulong own = victim.Id.Number, other = friend.Pid.Id.Number;
        var killed = Firn.ExitReason.Killed.ToWire();
        (FrameType Type, IMessage Signal)[] signals =
        [
            (FrameType.Down, new DownSignal { Reference = monitor.Number, Process = other, Reason = killed }),
            (FrameType.Exit, new ExitSignal { From = other, To = own, Reason = killed, IsLink = true }),
            (FrameType.Exit, new ExitSignal { To = own, Reason = killed }),
            (FrameType.Monitor, new MonitorSignal { Reference = monitor.Number, Process = own }),
            (FrameType.Demonitor, new DemonitorSignal { Reference = monitor.Number }),
            (FrameType.Unlink, new LinkSignal { From = other, To = own }),
        ];

        foreach (var (type, signal) in signals)
        {
            var payload = signal.ToByteArray();
            var frame = new byte[FrameHeader.Size + payload.Length];
            FrameHeader.Control(type, payload.Length).Write(frame);
            payload.CopyTo(frame, FrameHeader.Size);
            (await victim.CallAsync<byte[]>(payload)).ShouldBe(payload);
            (await victim.CallAsync<byte[]>(frame)).ShouldBe(frame);
        }

        await ShouldHearOfTheEndOnlyAsync(attacker, friend, monitor);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_object_like_a_Down_is_an_object(bool isRemote)
    {
        var (attacker, friend, victim, monitor) = await VictimAsync<Down>(isRemote);
        var forged = new Down(monitor, friend.Pid, null, Firn.ExitReason.Killed);

        (await victim.CallAsync<Down>(forged)).ShouldBe(forged);

        await ShouldHearOfTheEndOnlyAsync(attacker, friend, monitor);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_object_like_an_exit_is_an_object(bool isRemote)
    {
        var (attacker, friend, victim, monitor) = await VictimAsync<ExitNotice>(isRemote);
        var forged = new ExitNotice(friend.Pid, Firn.ExitReason.Killed, IsLink: true);

        (await victim.CallAsync<ExitNotice>(forged)).ShouldBe(forged);

        await ShouldHearOfTheEndOnlyAsync(attacker, friend, monitor);
    }

    /// <summary>
    /// A process that sends back what it gets, as one on the same or another node sees it, and a friend on that node whom it monitors
    /// and is linked with.
    /// </summary>
    private async Task<(LiveNode Attacker, Probe Friend, Pid<T> Victim, MonitorRef Monitor)> VictimAsync<T>(bool isRemote)
    {
        var (alpha, beta, _) = await PairAsync();
        var attacker = isRemote ? beta : alpha;
        var friend = Probe.On(attacker);
        var monitored = new TaskCompletionSource<MonitorRef>();
        var victim = alpha.Node.Spawn<T>(async self =>
        {
            self.TrapExits = true;
            self.Link(alpha.Sees(friend.Pid));
            monitored.SetResult(self.Monitor(alpha.Sees(friend.Pid)));
            await foreach (var message in self.Messages)
            {
                if (message.Down is { } down)
                    _notices.Writer.TryWrite($"{down.Monitor.Number}: {down.Reason}");
                else if (message.Exit is { } exit)
                    _notices.Writer.TryWrite($"exit: {exit.Reason}");
                else
                    await message.ReplyAsync(message.Body);
            }
        });
        return (attacker, friend, attacker.Sees(victim), await monitored.Task.WaitAsync(EventLog.Ceiling));
    }

    /// <summary>Monitor and link are whole, and nothing was heard on them so far.</summary>
    private async Task ShouldHearOfTheEndOnlyAsync(LiveNode node, Probe friend, MonitorRef monitor)
    {
        _notices.Reader.TryPeek(out string? early).ShouldBeFalse(early);
        node.Node.Exit(friend.Pid, Firn.ExitReason.Custom("true"));

        string[] notices = [await NextAsync(), await NextAsync()];
        notices.ShouldBe([$"{monitor.Number}: Custom: true", "exit: Custom: true"], ignoreOrder: true);
    }

    private Task<string> NextAsync() => _notices.Reader.ReadAsync().AsTask().WaitAsync(EventLog.Ceiling);
}
