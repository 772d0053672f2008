using System.Collections.Concurrent;
using Firn.Testing;
using Firn.Tests.Nodes;
using Microsoft.Extensions.Logging;

namespace Firn.Tests.Messaging;

/// <summary>Processes and time: virtual, so it is exact.</summary>
public sealed class ProcessTimeTests : VirtualNodeFixture
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_nobody_answers_times_out_when_it_said(bool isRemote)
    {
        var (a, b) = await PairAsync();
        var process = a.Sees((isRemote ? b : a).Node.Spawn<int>(ReadAll));

        await TimesOutAfterAsync(3000, () => process.CallAsync<int>(1, TimeSpan.FromSeconds(3)));
        await TimesOutAfterAsync(5000, () => process.CallAsync<int>(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_to_a_full_mailbox_times_out_too_and_is_taken_back(bool isRemote)
    {
        var (a, b) = await PairAsync();
        var (begin, bodies) = (new TaskCompletionSource(), new List<int>());
        var read = new TaskCompletionSource();
        var process = a.Sees((isRemote ? b : a).Node.Spawn<byte[]>(async self =>
        {
            await begin.Task;
            await foreach (var message in self.Messages)
            {
                bodies.Add(message.Body.Length);
                if (message.Body.Length == 3)
                    read.SetResult();
            }
        }));
        var sends = new List<Task>();
        do
            sends.Add(process.SendAsync(new byte[isRemote ? 1000 : 1]).AsTask());
        while (sends[^1].IsCompleted);

        var memory = new byte[2];
        await TimesOutAfterAsync(2000, () => process.CallAsync<int>(memory, TimeSpan.FromSeconds(2)));

        begin.SetResult();
        await DriveAsync(Task.WhenAll(sends));
        await DriveAsync(process.SendAsync(new byte[3]).AsTask());
        await DriveAsync(read.Task);
        bodies.ShouldNotContain(2);
    }

    [Fact]
    public async Task A_function_that_does_not_care_about_its_end_is_logged_after_10_s()
    {
        using var log = new LogLines();
        var a = await StartAsync("a", o => o.LoggerFactory = log);
        var (started, goOn, done) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource<Exception?[]>());
        var other = a.Node.Spawn<int>(ReadAll);
        var stubborn = a.Node.Spawn<int>(async self =>
        {
            self.Exiting.Register(static () => throw new InvalidOperationException("in a callback"));
            started.SetResult();
            await goOn.Task;
            done.SetResult([
                await Record.ExceptionAsync(() => other.SendAsync(1).AsTask()),
                await Record.ExceptionAsync(() => other.CallAsync<int>(1).AsTask()),
                await Record.ExceptionAsync(() => self.ReceiveAsync().AsTask()),
                Record.Exception(() => self.Link(other)),
                Record.Exception(() => self.Monitor(other)),
                Record.Exception(() => self.Exit(ExitReason.Normal)),
                Record.Exception(() => self.TrapExits = true),
                Record.Exception(() => a.Node.Spawn<int>(ReadAll)),
                Record.Exception(() => a.Node.Exit(other, ExitReason.Killed)),
            ]);
        });

        await started.Task.WaitAsync(EventLog.Ceiling);
        a.Node.Exit(stubborn, ExitReason.Custom("stop"));
        (await a.WhenDownAsync(stubborn)).ShouldBe(ExitReason.NoProcess);   // dead at once, for everybody else
        await NodeGroup.UntilAsync(() => log.Has("callback on Exiting"), "the log of the callback");
        Time.Advance(TimeSpan.FromMilliseconds(9_999));
        log.Has("still runs").ShouldBeFalse();
        Time.Advance(TimeSpan.FromMilliseconds(1));
        await NodeGroup.UntilAsync(() => log.Has("still runs"), "the log of the function");

        goOn.SetResult();
        foreach (var failure in await done.Task.WaitAsync(EventLog.Ceiling))
            failure.ShouldBeOfType<ProcessExitedException>().Reason.ShouldBe(ExitReason.Custom("stop"));
        (await FailsAsync(stubborn.SendAsync(1))).Reason.ShouldBe(FailureReason.NoProcess);
        other.ShouldNotBe(default);
    }

    private static async Task ReadAll<T>(Process<T> self)
    {
        await foreach (var _ in self.Messages)
            continue;
    }

    private static Task<FirnException> FailsAsync(ValueTask task) => Should.ThrowAsync<FirnException>(() => task.AsTask());

    private async Task TimesOutAfterAsync(int milliseconds, Func<ValueTask<int>> call)
    {
        var pending = call().AsTask();
        await DriveAsync((milliseconds - 10) / 1000d);
        pending.IsCompleted.ShouldBeFalse();
        Time.Advance(TimeSpan.FromMilliseconds(10));
        (await Should.ThrowAsync<FirnException>(() => pending.WaitAsync(EventLog.Ceiling))).Reason.ShouldBe(FailureReason.TimedOut);
    }

    private sealed class LogLines : ILoggerFactory, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public bool Has(string text) => _lines.Any(line => line.Contains(text));

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
