using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Many calls at a time to a process of another program, which may be killed or frozen meanwhile: each ends, and says how.</summary>
public sealed class CallTests : NodeTests
{
    private const int Burst = 1_000;

    private static readonly int Bursts = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1" ? 200 : 10;

    /// <summary>Longer than the test waits for anything.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private readonly NodeGroup _nodes = new();

    public override async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Bursts_of_a_thousand_calls_are_answered_again_and_again()
    {
        var (caller, _) = await ConnectAsync();
        NamedProcess<int> echo = Named(caller, "echo");

        for (int burst = 0; burst < Bursts; burst++)
        {
            int first = burst * Burst;
            int[] answers = await Task.WhenAll(Calls(echo, first)).WaitAsync(ChildProcess.Ceiling);
            answers.ShouldBe(Enumerable.Range(first, Burst));
        }

        caller.Events.Of<PeerUpEvent>().Count().ShouldBe(1);
        caller.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_kill_of_the_callee_fails_all_that_wait_at_once()
    {
        var (caller, callee) = await ConnectAsync();
        Task<int>[] calls = [.. Calls(Named(caller, "silent"), 0)];
        await Named(caller, "echo").CallAsync<int>(0);

        callee.Send(Signal.Kill);

        (await FailuresAsync(calls)).ShouldAllBe(reason => reason == FailureReason.NotConnected);
        (await caller.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.TransportError);
    }

    [Fact]
    public async Task A_frozen_callee_lets_calls_time_out_and_answers_again_when_it_wakes()
    {
        var (caller, callee) = await ConnectAsync();
        NamedProcess<int> echo = Named(caller, "echo");
        await echo.CallAsync<int>(0);

        callee.Send(Signal.Stop);
        (await FailuresAsync([.. Calls(echo, 0, TimeSpan.FromSeconds(1))])).ShouldAllBe(reason => reason == FailureReason.TimedOut);
        callee.Send(Signal.Continue);

        // The same session, and no late answer is taken for another's.
        (await Task.WhenAll(Calls(echo, Burst)).WaitAsync(ChildProcess.Ceiling)).ShouldBe(Enumerable.Range(Burst, Burst));
        caller.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_callee_that_is_frozen_until_it_counts_as_dead_fails_calls_and_answers_again_when_it_is_back()
    {
        var (caller, callee) = await ConnectAsync(options => options.PingInterval = options.PingDeadline = TimeSpan.FromSeconds(1));
        NamedProcess<int> echo = Named(caller, "echo");
        await echo.CallAsync<int>(0);

        callee.Send(Signal.Stop);
        (await FailuresAsync([.. Calls(echo, 0)])).ShouldAllBe(reason => reason == FailureReason.NotConnected);
        (await caller.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Timeout);
        callee.Send(Signal.Continue);

        await caller.Events.FirstAsync<PeerUpEvent>(skip: 1);
        (await Task.WhenAll(Calls(echo, 0)).WaitAsync(ChildProcess.Ceiling)).ShouldBe(Enumerable.Range(0, Burst));
    }

    /// <summary>A node of the test's own that dials one in another process, by itself and again.</summary>
    private async Task<(LiveNode Caller, ChildProcess Callee)> ConnectAsync(Action<NodeOptions>? change = null)
    {
        ChildProcess callee = Home.StartProgram("Firn.TestHost", NodeGroup.Cookie);
        OutputLine address = await callee.WaitForLineAsync(line => line.StartsWith("tcp://"));
        LiveNode caller = await _nodes.StartAsync("caller", options =>
        {
            options.Peers.Add(address.Text);
            change?.Invoke(options);
        });
        await caller.Events.FirstAsync<PeerUpEvent>();
        return (caller, callee);
    }

    private static NamedProcess<int> Named(LiveNode caller, string name) => caller.Node.Peers.Single().Named<int>(name);

    private static IEnumerable<Task<int>> Calls(NamedProcess<int> process, int first, TimeSpan? timeout = null) =>
        Enumerable.Range(first, Burst).Select(i => process.CallAsync<int>(i, timeout ?? Long).AsTask());

    private static Task<FailureReason[]> FailuresAsync(Task<int>[] calls) =>
        Task.WhenAll(calls.Select(async call => (await Should.ThrowAsync<FirnException>(call)).Reason)).WaitAsync(ChildProcess.Ceiling);
}
