using Firn.AspNetCore;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>A cookie is replaced on three machines while messages flow between them.</summary>
public sealed class CookieRotationTests : NodeTests
{
    private readonly NodeHome[] _homes = [new(), new(), new()];

    public override async ValueTask DisposeAsync()
    {
        foreach (NodeHome home in _homes)
        {
            await home.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    [Fact]
    public async Task No_session_is_lost_before_the_old_cookie_is_retired_and_all_come_back_by_the_new_one()
    {
        var nodes = new List<FirnNode>();
        foreach (NodeHome home in _homes)
        {
            if (nodes.Count > 0)
            {
                await AdmissionTests.CopyCookieAsync(_homes[0], home);
            }

            nodes.Add(await UpAsync(home, $"n{nodes.Count}", nodes));
        }

        await AllMeetAsync(nodes);
        using var stop = new CancellationTokenSource();
        var load = new Load(nodes, stop.Token);

        CommandResult rotated = await _homes[0].RunAsync("cookie", "rotate", "--json");
        rotated.ExitCode.ShouldBe(0, rotated.Errors);
        (rotated.Json.GetProperty("cookies").GetInt32(), rotated.Json.GetProperty("sessionsEnded").GetInt32()).ShouldBe((2, 0));
        await load.GoesOnAsync();

        // One that has the new cookie first meets those that have only the old one, and the other way round: it is a copy of the first.
        await using var copy = new NodeHome();
        await AdmissionTests.CopyCookieAsync(_homes[1], copy);
        await AdmissionTests.CopyCookieAsync(_homes[0], copy, "--add");
        FirnNode late = await UpAsync(copy, "late", nodes);
        await AllMeetAsync([.. nodes, late]);
        (await late.RunAsync("stop")).ExitCode.ShouldBe(0);

        foreach (NodeHome home in _homes[1..])
        {
            Refusal(await home.RunWithInputAsync((await _homes[0].RunAsync("cookie", "show")).Output, "cookie", "import")).ShouldContain("--add");
            await AdmissionTests.CopyCookieAsync(_homes[0], home, "--add");
            await load.GoesOnAsync();
        }

        foreach (FirnNode node in nodes)
        {
            nodes.Sum(peer => node.Count("peerDown", peer)).ShouldBe(0);
            (await node.PeersAsync()).ShouldAllBe(peer => peer.Cookie == "old");
            (await node.RunAsync("peers")).Output.ShouldContain("old cookie");
        }

        await stop.CancelAsync();
        await load.EndAsync();

        // Now the old one goes: first its sessions here, then nobody is left who has it.
        CommandResult retired = await _homes[0].RunAsync("cookie", "retire", "--json");
        (retired.Json.GetProperty("cookies").GetInt32(), retired.Json.GetProperty("sessionsEnded").GetInt32()).ShouldBe((1, 2));
        foreach (FirnNode peer in nodes[1..])
        {
            (await nodes[0].SeesAsync("peerDown", peer)).Json().GetProperty("reason").GetString().ShouldBe("refused");
            OutputLine down = await peer.SeesAsync("peerDown", nodes[0]);
            down.Json().GetProperty("reason").GetString().ShouldBe("refused");
            await peer.SeesAsync("peerUp", nodes[0], down);
        }

        (await nodes[0].PeersAsync()).ShouldAllBe(peer => peer.Cookie == "current");
        (await _homes[1].RunAsync("cookie", "retire")).Output.ShouldContain("1 session ended by it");
        (await _homes[2].RunAsync("cookie", "retire")).ExitCode.ShouldBe(0);
        (await _homes[2].RunAsync("cookie", "retire")).Output.ShouldContain("there is no old cookie");

        // Whoever has only what was retired is a stranger.
        await using var left = new NodeHome();
        await left.RunWithInputAsync(NodeGroup.Cookie, "cookie", "import");
        FirnNode stranger = await left.UpAsync("--name", "stranger", "--no-discovery");
        Refusal(await stranger.RunAsync("dial", nodes[0].Address)).ShouldContain("cookies differ");
    }

    [Fact]
    public async Task A_passphrase_warns_and_a_cookie_that_changes_is_taken_up_by_nodes_that_run()
    {
        await Home.RunWithInputAsync("correct horse", "cookie", "import");
        FirnNode alpha = await Home.UpAsync("--name", "alpha", "--no-discovery");
        await alpha.Process.WaitForErrorAsync(line => line.Contains("passphrase") && line.Contains("known"));

        string strong = (await _homes[0].RunAsync("cookie", "show")).Output;
        CommandResult forced = await Home.RunWithInputAsync(strong, "cookie", "import", "--force");
        forced.ExitCode.ShouldBe(0, forced.Errors);
        FirnNode beta = await _homes[0].UpAsync("--name", "beta", "--no-discovery");
        (await beta.RunAsync("dial", alpha.Address)).ExitCode.ShouldBe(0);
        (await Home.RunWithInputAsync(strong, "cookie", "import")).Output.ShouldContain("already");
    }

    private static Task<FirnNode> UpAsync(NodeHome home, string name, IEnumerable<FirnNode> peers) =>
        home.UpAsync(["--name", name, "--no-discovery", .. peers.SelectMany(peer => (string[])["--peer", peer.Address])]);

    private static Task AllMeetAsync(IReadOnlyList<FirnNode> nodes) =>
        Task.WhenAll(nodes.SelectMany((node, i) => nodes.Skip(i + 1).Select(other => FirnNode.MeetAsync(node, other))));

    /// <summary>Every node calls every other, again and again; no call may fail.</summary>
    private sealed class Load
    {
        private readonly List<Task> _callers = [];
        private readonly int[] _answered;
        private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Load(IReadOnlyList<FirnNode> nodes, CancellationToken stop)
        {
            var pairs = nodes.SelectMany(_ => nodes, (from, to) => (From: from, To: to)).Where(pair => pair.From != pair.To).ToList();
            _answered = new int[pairs.Count];
            for (int i = 0; i < pairs.Count; i++)
            {
                (FirnNode from, FirnNode to, int number) = (pairs[i].From, pairs[i].To, i);
                _callers.Add(Task.Run(() => CallAsync(from, to, number, stop), CancellationToken.None));
            }
        }

        /// <summary>Every pair completes five more calls.</summary>
        public async Task GoesOnAsync()
        {
            int[] goal = [.. _answered.Select(count => count + 5)];
            using var ceiling = new CancellationTokenSource(ChildProcess.Ceiling);
            while (Enumerable.Range(0, goal.Length).Any(i => Volatile.Read(ref _answered[i]) < goal[i]))
            {
                Task more = Volatile.Read(ref _progress).Task;
                await (await Task.WhenAny([more, .. _callers])).WaitAsync(ceiling.Token);
            }
        }

        public Task EndAsync() => Task.WhenAll(_callers);

        private async Task CallAsync(FirnNode from, FirnNode to, int number, CancellationToken stop)
        {
            using ControlClient client = from.Control();
            while (!stop.IsCancellationRequested)
            {
                NamesBody names = await client.NamesAsync(to.Name, CancellationToken.None);   // a call of firn/names over there
                names.Node.ShouldBe(to.Name);
                Interlocked.Increment(ref _answered[number]);
                Interlocked.Exchange(ref _progress, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            }
        }
    }
}
