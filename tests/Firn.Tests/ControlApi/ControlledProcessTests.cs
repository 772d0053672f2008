using System.Diagnostics;
using System.Text;
using Firn.AspNetCore;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests;

/// <summary>Names, messages and benches over real nodes.</summary>
public class ControlledProcessTests : NodeFixture
{
    private sealed record Add(int N);

    [Fact]
    public async Task A_process_is_sent_to_and_called_in_its_own_words_here_and_at_a_peer()
    {
        var (alpha, beta) = await PairAsync();
        foreach (var (live, controlled) in new[] { (alpha, alpha), (beta, alpha) })
        {
            int total = 0;
            live.Node.Spawn<Add>("counter", async self =>
            {
                await foreach (var message in self.Messages)
                {
                    total += message.Body.N;
                    await message.ReplyAsync(new { Total = total });
                }
            });
            var api = new ControlledNode(controlled.Node);

            (await api.SendAsync("counter", live.Name, """{"N":2}"""u8.ToArray(), CancellationToken.None)).Node.ShouldBe(live.Node.Self.Name.ToString());
            Encoding.UTF8.GetString((await CallAsync(api, $"counter@{live.Name}", """{"N":3}""")).Body).ShouldBe("""{"Total":5}""");
            (await FailureAsync(api, $"counter@{live.Name}", "\"two\"")).Reason.ShouldBe(FailureReason.BadMessage);
        }
    }

    [Fact]
    public async Task Raw_bytes_come_and_go_as_they_are_at_the_node_itself_and_at_a_peer()
    {
        var (alpha, beta) = await PairAsync();
        foreach (var live in new[] { alpha, beta })
        {
            live.Node.Spawn<ReadOnlyMemory<byte>>("echo", static async self =>
            {
                await foreach (var message in self.Messages)
                    await message.ReplyAsync(message.Body);
            });
            (await CallAsync(new ControlledNode(alpha.Node), $"echo@{live.Name}", "\u0001 not JSON")).Body.ShouldBe("\u0001 not JSON"u8.ToArray());
        }
    }

    [Fact]
    public async Task Usual_mistakes_are_sentences()
    {
        var (alpha, beta) = await PairAsync();
        var api = new ControlledNode(alpha.Node);
        beta.Node.Spawn<string>("silent", static self => Task.Delay(Timeout.Infinite, self.Exiting));
        beta.Node.Spawn<string>("grumpy", static async self =>
        {
            await foreach (var message in self.Messages)
                message.Refuse("not today");
        });

        var node = await FailureAsync(api, "silent@gamma");
        (node.Reason, node.Message).ShouldBe((FailureReason.NotConnected, "no node called \"gamma\" is connected: this one is alpha@alpha.lan, its peers are beta@beta.lan"));
        var name = await FailureAsync(api, "loud@beta");
        (name.Reason, name.Message).ShouldBe((FailureReason.NoProcess, "no process called \"loud\" is at beta@beta.lan: there are grumpy, silent"));
        (await FailureAsync(api, "loud@alpha")).Message.ShouldEndWith("no process there has a name");
        (await FailureAsync(api, "grumpy@beta")).Message.ShouldBe("not today");
        var late = await Should.ThrowAsync<FirnException>(() => api.CallAsync("silent", "beta", "\"\""u8.ToArray(), TimeSpan.FromMilliseconds(50), CancellationToken.None));
        (late.Reason, late.Message).ShouldBe((FailureReason.TimedOut, "silent at beta@beta.lan did not reply within 0.05 s; it may have got the message"));
        (await Should.ThrowAsync<FirnException>(() => api.SendAsync("loud", "beta", "\"\""u8.ToArray(), CancellationToken.None))).Reason.ShouldBe(FailureReason.NoProcess);
    }

    [Fact]
    public async Task All_names_of_a_peer_are_listed_however_many_and_Firns_own_are_not_users_to_take()
    {
        var (alpha, beta) = await PairAsync();
        string[] names = [.. Enumerable.Range(100, 250).Select(i => $"p{i}")];
        var sleeper = beta.Node.Spawn<string>(static self => Task.Delay(Timeout.Infinite, self.Exiting));
        foreach (string name in names)
            beta.Node.RegisterName(name, sleeper);
        beta.Node.Register<string, int>("work", static (_, _) => Task.CompletedTask);

        var listed = (await new ControlledNode(alpha.Node).NamesAsync("beta", CancellationToken.None)).Names;

        listed.Where(entry => entry.Kind == "process").Select(entry => entry.Name).ShouldBe(names);
        listed.Where(entry => entry.Kind == "function").Select(entry => entry.Name).ShouldBe(["work"]);
        listed.Where(entry => entry.Kind == "builtIn").Select(entry => entry.Name).ShouldBe(["firn/names"]);
        beta.Node.ProcessNames.ShouldBe(names);
        Action[] takings =
        [
            () => beta.Node.RegisterName("firn/mine", sleeper),
            () => beta.Node.Spawn<string>("firn/mine", static _ => Task.CompletedTask),
            () => beta.Node.Register<string, int>("firn/mine", static (_, _) => Task.CompletedTask),
            () => beta.Node.HandleStreams("firn/mine", static _ => Task.CompletedTask),
        ];
        foreach (var take in takings)
            Should.Throw<FirnException>(take).Message.ShouldContain("reserved");
        beta.Node.UnregisterName("firn/names").ShouldBeFalse();
    }

    [Fact]
    public async Task A_message_goes_out_with_its_trace_as_it_does_from_a_web_server()
    {
        var (alpha, beta) = await PairAsync();
        beta.Node.Spawn<string>("tracer", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Trace.SpanId.ToHexString());
        });
        using var activity = new Activity("request").Start();

        string span = await alpha.Node.FindPeer("beta").Named<string>("tracer").CallAsync<string>("where am I");

        span.ShouldBe(activity.SpanId.ToHexString());
    }

    [Fact]
    public async Task A_bench_has_a_figure_for_each_phase_and_leaves_nothing_behind()
    {
        var (alpha, beta) = await PairAsync();
        int before = beta.Node.Core.Hub.Count;
        using var serving = beta.Node.ServeBench();
        var figures = new List<BenchFigureBody>();

        await foreach (var e in new ControlledNode(alpha.Node).BenchAsync(new BenchBody("beta", PhaseMs: 20, Size: 4096, Streams: 2), CancellationToken.None))
        {
            if (e.Figure is not null)
                figures.Add(e.Figure);
        }

        figures.Select(f => (f.Phase, f.Direction)).ShouldBe(
        [
            ("calls", "roundTrip"), ("messages", "out"), ("messages", "in"), ("messages", "out"), ("messages", "in"), ("streams", "out"), ("streams", "in"),
        ]);
        figures.ShouldAllBe(figure => figure.Bytes > 0 && figure.Seconds > 0);
        figures[0].Latency.ShouldNotBeNull().P99Ms.ShouldBeGreaterThanOrEqualTo(figures[0].Latency!.P50Ms);
        serving.Dispose();
        (await FailureOfBenchAsync(alpha)).Message.ShouldContain("serves no benches");
        (beta.Node.Core.Hub.Count - before).ShouldBe(0);
    }

    [Fact]
    public async Task Four_benches_are_served_at_a_time_and_a_place_is_free_when_one_is_cancelled()
    {
        var (alpha, beta) = await PairAsync();
        using var serving = beta.Node.ServeBench();
        using var stop = new CancellationTokenSource();
        var running = new List<IAsyncEnumerator<BenchEventBody>>();
        for (int i = 0; i < 4; i++)
        {
            running.Add(new ControlledNode(alpha.Node).BenchAsync(new BenchBody("beta", PhaseMs: 60_000), stop.Token).GetAsyncEnumerator(stop.Token));
            (await running[i].MoveNextAsync()).ShouldBeTrue();
        }

        var refused = await FailureOfBenchAsync(alpha);
        (refused.Reason, refused.Message).ShouldBe((FailureReason.CallFailed, "beta@beta.lan serves 4 benches already: try again when one of them is over."));

        foreach (var one in running)
            await one.DisposeAsync();
        using var ceiling = new CancellationTokenSource(Firn.Testing.EventLog.Ceiling);
        while (await TryBenchAsync(alpha) is { Reason: FailureReason.CallFailed })
            ceiling.Token.ThrowIfCancellationRequested();   // the news that the clients are gone is on its way
    }

    private async Task<(LiveNode Alpha, LiveNode Beta)> PairAsync()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        await alpha.ConnectAsync(beta);
        await beta.PeerAsync("alpha");
        return (alpha, beta);
    }

    private static Task<Reply> CallAsync(ControlledNode api, string address, string message)
    {
        string[] parts = address.Split('@');
        return api.CallAsync(parts[0], parts[1], Encoding.UTF8.GetBytes(message), TimeSpan.FromSeconds(30), CancellationToken.None);
    }

    private static Task<FirnException> FailureAsync(ControlledNode api, string address, string message = "\"\"") =>
        Should.ThrowAsync<FirnException>(() => CallAsync(api, address, message));

    private static async Task<FirnException> FailureOfBenchAsync(LiveNode node) => (await TryBenchAsync(node)).ShouldNotBeNull();

    /// <summary>Starts a bench and leaves it; what kept it from starting, if anything.</summary>
    private static async Task<FirnException?> TryBenchAsync(LiveNode node)
    {
        await using var bench = new ControlledNode(node.Node).BenchAsync(new BenchBody("beta"), CancellationToken.None).GetAsyncEnumerator();
        try
        {
            await bench.MoveNextAsync();
            return null;
        }
        catch (FirnException e)
        {
            return e;
        }
    }
}
