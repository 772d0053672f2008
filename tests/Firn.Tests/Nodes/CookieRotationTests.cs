using Firn.Identity;
using Firn.Testing;
using Firn.Tests.Identity;

namespace Firn.Tests.Nodes;

/// <summary>A cookie is replaced node by node: nothing is lost before the old one is retired, and what it proved ends then.</summary>
public sealed class CookieRotationTests : NodeFixture
{
    [Fact]
    public async Task Three_nodes_under_load_change_their_cookie_and_lose_no_session_before_it_is_retired()
    {
        using var homes = new Homes(3);
        var nodes = new List<LiveNode>();
        foreach (var home in homes.All)
        {
            nodes.Add(await StartAsync($"n{nodes.Count}", o =>
            {
                (o.Ephemeral, o.Cookie, o.Home) = (false, null, home.Path);
                foreach (var node in nodes)
                    o.Peers.Add(node.Address.ToString());
            }));
        }

        foreach (var node in nodes)
            await node.WaitUntilPeersAsync(nodes.Except([node]));
        await using var load = new Load(nodes);

        // One after the other; those that have the new cookie and those that have not meet in between, dialled by either.
        homes.All[0].Cookies.Rotate();
        string fresh = System.Text.Encoding.ASCII.GetString(homes.All[0].Cookies.ReadText()).Split('\n')[0];
        await nodes[0].Node.ReloadAsync();
        await load.GoesOnAsync();
        for (int i = 1; i < nodes.Count; i++)
        {
            var newcomer = await StartAsync($"newcomer{i}", o => (o.Cookie, o.CookieFile) = (null, homes.All[0].CookiePath));
            foreach (var node in nodes)
                await newcomer.ConnectAsync(node);
            await newcomer.DisposeAsync();

            homes.All[i].Cookies.Add(System.Text.Encoding.ASCII.GetBytes(fresh)).ShouldBeTrue();
            await nodes[i].Node.ReloadAsync();
            await load.GoesOnAsync();
        }

        foreach (var node in nodes)
        {
            node.Events.Of<PeerDownEvent>().Where(e => !e.Peer.Name.Name.StartsWith("newcomer", StringComparison.Ordinal)).ShouldBeEmpty();
            node.Node.Peers.Where(p => nodes.Any(n => n.Name == p.Name.Name)).ShouldAllBe(p => p.Cookie == CookieAge.Old);
        }

        await load.StopAsync();

        // All have it: the first that retires the old one ends what that proved, and all come back by the new one.
        homes.All[0].Cookies.Retire().ShouldBe(1);
        await nodes[0].Node.ReloadAsync();
        (await nodes[0].Events.FirstAsync<PeerDownEvent>(e => e.Peer.Name.Name == "n1")).Reason.ShouldBe(EndReason.Refused);
        (await nodes[1].Events.FirstAsync<PeerDownEvent>(e => e.Peer.Name.Name == "n0")).Reason.ShouldBe(EndReason.Refused);
        await nodes[0].Events.WhenAsync(_ => nodes[0].Node.Peers.Count(p => p.Cookie == CookieAge.Current) == 2, "both to be back by the new cookie");
        nodes[1].Node.FindPeer("n2").Cookie.ShouldBe(CookieAge.Old, "they have not retired it");
    }

    [Fact]
    public async Task Who_has_the_new_cookie_first_and_who_has_only_the_old_one_meet_whoever_dials()
    {
        var newer = await StartAsync("newer", o => o.Cookie = $"{NodeGroup.OtherCookie}\n{NodeGroup.Cookie}");
        var older = await StartAsync("older");

        (await newer.ConnectAsync(older)).Cookie.ShouldBe(CookieAge.Old);
        (await older.PeerAsync("newer")).Cookie.ShouldBe(CookieAge.Current);
        await newer.Node.FindPeer("older").HangupAsync();
        await older.WaitUntilPeersAsync();
        (await older.ConnectAsync(newer)).Cookie.ShouldBe(CookieAge.Current);
        (await newer.PeerAsync("older")).Cookie.ShouldBe(CookieAge.Old);
    }

    [Fact]
    public async Task Who_has_none_of_the_cookies_is_told_once()
    {
        var many = await StartAsync("many", o => o.Cookie = $"{NodeGroup.OtherCookie}\nfirn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        var other = await StartAsync("other");
        (await DialFailureAsync(many, other.Address.ToString())).Message.ShouldContain("cookies differ");
        await other.Events.WhenAsync(all => all.OfType<RefusedEvent>().Count() == 2, "one refusal for each cookie");
    }

    [Fact]
    public async Task Files_that_change_are_taken_up_by_a_node_that_nobody_tells()
    {
        await using var nodes = NodeGroup.InMemory();
        using var homes = new Homes(2);
        var a = await nodes.StartAsync("a", o => (o.Ephemeral, o.Cookie, o.Home) = (false, null, homes.All[0].Path));
        var b = await nodes.StartAsync("b", o => (o.Ephemeral, o.Cookie, o.Home) = (false, null, homes.All[1].Path));
        await nodes.DriveAsync(a.ConnectAsync(b));

        homes.All[0].Cookies.Rotate();
        homes.All[0].Cookies.Retire();
        (await nodes.DriveAsync(b.Events.FirstAsync<PeerDownEvent>())).Reason.ShouldBe(EndReason.Refused);

        // What cannot be read changes nothing, and is said.
        PrivateFiles.Replace(homes.All[0].Trust.Path, "{"u8);
        (await nodes.DriveAsync(a.Events.FirstAsync<NodeWarningEvent>())).Message.ShouldContain("trust.json");
    }

    [Fact]
    public async Task A_passphrase_is_not_proved_to_strangers_that_peers_tell_of()
    {
        await using var nodes = NodeGroup.InMemory();
        LiveNode[] mesh = [await nodes.StartAsync("seed", o => o.Cookie = "open sesame"), null!, null!];
        for (int i = 1; i < mesh.Length; i++)
        {
            mesh[i] = await nodes.StartAsync($"n{i}", o => o.Cookie = "open sesame");
            await nodes.DriveAsync(mesh[i].ConnectAsync(mesh[0]));
        }

        await nodes.DriveAsync(TimeSpan.FromSeconds(5));
        nodes.Network!.Dials.ShouldBe(2, "the user's own");
        mesh[1].Node.Peers.ShouldHaveSingleItem().Name.Name.ShouldBe("seed");

        // Whom one of them has met, or dials, is no stranger.
        await nodes.DriveAsync(mesh[1].ConnectAsync(mesh[2]));
        mesh[1].Node.Peers.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_strong_cookie_is()
    {
        await using var nodes = NodeGroup.InMemory();
        var seed = await nodes.StartAsync("seed");
        var one = await nodes.StartAsync("one");
        var two = await nodes.StartAsync("two");
        await nodes.DriveAsync(one.ConnectAsync(seed));
        await nodes.DriveAsync(two.ConnectAsync(seed));
        await nodes.DriveAsync(one.PeerAsync("two"));
    }

    /// <summary>Homes of as many machines, with one cookie.</summary>
    private sealed class Homes : IDisposable
    {
        private readonly TemporaryDirectory[] _directories;

        public Homes(int count)
        {
            _directories = [.. Enumerable.Range(0, count).Select(_ => new TemporaryDirectory())];
            All = [.. _directories.Select(directory => FirnHome.Open(directory.In("home")))];
            foreach (var home in All)
                home.Cookies.Add(System.Text.Encoding.ASCII.GetBytes(NodeGroup.Cookie)).ShouldBeTrue();
        }

        public FirnHome[] All { get; }

        public void Dispose() => Array.ForEach(_directories, directory => directory.Dispose());
    }

    /// <summary>Every node calls every other without a pause; no call may fail.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Task> _callers = [];
        private readonly Counts _counts;

        public Load(IReadOnlyList<LiveNode> nodes)
        {
            foreach (var node in nodes)
            {
                node.Node.Spawn<int>("echo", static async self =>
                {
                    await foreach (var message in self.Messages)
                        await message.ReplyAsync(message.Body);
                });
            }

            var pairs = nodes.SelectMany(_ => nodes, (from, to) => (from, to)).Where(pair => pair.from != pair.to).ToList();
            _counts = new Counts(pairs.Count);
            for (int i = 0; i < pairs.Count; i++)
            {
                var (from, to, number) = (pairs[i].from, pairs[i].to, i);
                _callers.Add(Task.Run(() => CallAsync(from.Node.FindPeer(to.Name), number)));
            }
        }

        /// <summary>Every pair completes ten more calls.</summary>
        public async Task GoesOnAsync()
        {
            var goal = _counts.Snapshot().Select(count => count + 10).ToArray();
            await NodeGroup.UntilAsync(
                () => _callers.Exists(c => c.IsFaulted) || _counts.Snapshot().Zip(goal).All(pair => pair.First >= pair.Second), "every pair to call on");
            foreach (var caller in _callers.Where(c => c.IsFaulted))
                await caller;
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_callers);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_callers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task CallAsync(Peer peer, int number)
        {
            var echo = peer.Named<int>("echo");
            for (int i = 0; !_stop.IsCancellationRequested; i++)
            {
                (await echo.CallAsync<int>(i, TimeSpan.FromSeconds(30))).ShouldBe(i);
                _counts.Add(number);
            }
        }

        private sealed class Counts(int pairs)
        {
            private readonly int[] _counts = new int[pairs];

            public void Add(int pair) => Interlocked.Increment(ref _counts[pair]);

            public int[] Snapshot() => [.. Enumerable.Range(0, _counts.Length).Select(i => Volatile.Read(ref _counts[i]))];
        }
    }
}
