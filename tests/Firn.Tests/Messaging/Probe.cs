using System.Threading.Channels;
using Firn.Testing;

namespace Firn.Tests.Messaging;

/// <summary>A process of a test: does what it is told, as itself, and hands over everything else that comes.</summary>
internal sealed class Probe
{
    private readonly Channel<Message<object>> _got = Channel.CreateUnbounded<Message<object>>();

    private Probe(Node node, bool trapsExits, Func<Func<Process<object>, Task>, Pid<object>>? spawn)
    {
        Func<Process<object>, Task> function = self =>
        {
            self.TrapExits = trapsExits;
            return RunAsync(self);
        };
        Pid = spawn is null ? node.Spawn(function) : spawn(function);
    }

    public Pid<object> Pid { get; }

    public static Probe On(LiveNode node, bool trapsExits = false, Func<Func<Process<object>, Task>, Pid<object>>? spawn = null) =>
        new(node.Node, trapsExits, spawn);

    /// <summary>Has it do something as itself, and returns what came of it.</summary>
    public async Task<T> DoAsync<T>(Func<Process<object>, Task<T>> what)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await Pid.SendAsync(new Order(async self =>
        {
            try
            {
                done.SetResult(await what(self));
            }
            catch (Exception e)
            {
                done.SetException(e);
                if (e is ProcessExitedException)
                    throw;
            }
        }));
        return await done.Task.WaitAsync(EventLog.Ceiling);
    }

    public Task<T> DoAsync<T>(Func<Process<object>, T> what) => DoAsync(self => Task.FromResult(what(self)));

    public Task DoAsync(Action<Process<object>> what) => DoAsync(self =>
    {
        what(self);
        return true;
    });

    /// <summary>What comes next and is no order.</summary>
    public Task<Message<object>> NextAsync() => _got.Reader.ReadAsync().AsTask().WaitAsync(EventLog.Ceiling);

    public async Task<Down> DownAsync() => (await NextAsync()).Down.ShouldNotBeNull();

    public async Task<ExitNotice> ExitNoticeAsync() => (await NextAsync()).Exit.ShouldNotBeNull();

    private async Task RunAsync(Process<object> self)
    {
        await foreach (var message in self.Messages)
        {
            if (message is { Down: null, Exit: null, NodeDown: null, Body: Order order })
                await order.What(self);
            else
                _got.Writer.TryWrite(message);
        }
    }

    private sealed record Order(Func<Process<object>, Task> What);
}
