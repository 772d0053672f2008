using Firn.Testing;

namespace Firn.Tests.Nodes;

/// <summary>How associations end, and what becomes of them afterwards.</summary>
public sealed class LifeTests : NodeFixture
{
    [Fact]
    public async Task A_node_that_restarts_under_its_name_is_accepted_at_once()
    {
        var home = Directory.CreateTempSubdirectory("firn-test-").FullName;
        try
        {
            var a = await StartAsync("a");
            NodeOptions Options() => new()
            {
                Name = "b@b.lan",
                Home = home,
                Cookie = NodeGroup.Cookie,
                Discovery = false,
                Listen = { "tcp://127.0.0.1:0" },
                Peers = { a.Address.ToString() },
            };

            // The first life ends without a goodbye, and a has not noticed: it still holds the session.
            await Nodes.StartAsync(Options());
            var first = await a.PeerAsync("b");
            var copy = Directory.CreateTempSubdirectory("firn-test-").FullName;
            CopyDirectory(home, copy);
            var options = Options();
            options.Home = copy;
            var second = await Nodes.StartAsync(options);

            await second.WaitUntilPeersAsync(a);
            var down = await a.Events.FirstAsync<PeerDownEvent>();
            (down.Peer, down.Reason).ShouldBe((first, EndReason.Superseded));
            var up = await a.Events.FirstAsync<PeerUpEvent>(skip: 1);
            up.Peer.Did.ShouldBe(first.Did);
            up.Peer.Incarnation.ShouldBeGreaterThan(first.Incarnation);
            Directory.Delete(copy, recursive: true);   // a home that is gone does not keep its node from ending well
            await second.DisposeAsync();
            (await a.Events.FirstAsync<PeerDownEvent>(skip: 1)).Reason.ShouldBe(EndReason.Shutdown);
        }
        finally
        {
            await Nodes.DisposeAsync();
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task Of_two_nodes_with_one_identity_the_newer_wins_and_the_other_says_why_and_rests()
    {
        var home = Directory.CreateTempSubdirectory("firn-test-").FullName;
        var clone = Directory.CreateTempSubdirectory("firn-test-").FullName;
        try
        {
            var seed = await StartAsync("seed");
            NodeOptions Options(string where) => new()
            {
                Name = "twin@t.lan",
                Home = where,
                Cookie = NodeGroup.Cookie,
                Discovery = false,
                Listen = { "tcp://127.0.0.1:0" },
                Peers = { seed.Address.ToString() },
            };

            var older = await Nodes.StartAsync(Options(home));
            await older.WaitUntilPeersAsync(seed);
            CopyDirectory(home, clone);
            var newer = await Nodes.StartAsync(Options(clone));
            await newer.WaitUntilPeersAsync(seed);

            (await older.Events.FirstAsync<NodeWarningEvent>()).Message.ShouldContain("copy of its identity");
            (await older.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Superseded);
            var refused = await Should.ThrowAsync<FirnException>(() => older.Node.ConnectAsync(seed.Address));   // even when asked to
            refused.Reason.ShouldBe(FailureReason.Stale);
            refused.Message.ShouldContain("copy");

            seed.Node.FindPeer("twin").Incarnation.ShouldBe(newer.Node.Self.Incarnation);
            newer.Events.Of<PeerDownEvent>().ShouldBeEmpty();
            seed.Events.Of<PeerUpEvent>().Count().ShouldBe(2);
        }
        finally
        {
            await Nodes.DisposeAsync();
            Directory.Delete(home, recursive: true);
            Directory.Delete(clone, recursive: true);
        }
    }

    [Fact]
    public async Task A_name_in_use_is_not_given_to_another_key()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        var peer = await b.ConnectAsync(a);
        var thief = await StartAsync("b");

        var error = await DialFailureAsync(thief, a.Address.ToString());

        error.Reason.ShouldBe(FailureReason.NameTaken);
        error.Message.ShouldContain("b@b.lan");
        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.NameTaken);
        refused.Message.ShouldContain(thief.Node.Self.Did.ToString());
        peer.IsConnected.ShouldBeTrue();
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();

        await b.DisposeAsync();   // and not for a while after its owner has left
        await a.Events.FirstAsync<PeerDownEvent>();
        (await DialFailureAsync(thief, a.Address.ToString())).Reason.ShouldBe(FailureReason.NameTaken);
    }

    [Fact]
    public async Task An_address_of_a_node_is_its_own_name_wherever_it_is_dialled_from()
    {
        var a = await StartAsync("a");
        var imposter = await StartAsync("a");   // the dialler's own name, with another key

        (await DialFailureAsync(imposter, a.Address.ToString())).Reason.ShouldBe(FailureReason.NameTaken);
    }

    private static void CopyDirectory(string from, string to)
    {
        foreach (var directory in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(directory.Replace(from, to, StringComparison.Ordinal), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock"))
            File.Copy(file, file.Replace(from, to, StringComparison.Ordinal));
    }
}
