using System.Net;
using System.Net.Sockets;
using Firn.Testing;

namespace Firn.Tests.Nodes;

/// <summary>Giving up and letting go.</summary>
public sealed class DisposalTests : NodeFixture
{
    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing_behind()
    {
        var options = Nodes.Options("a");
        int port = FreePort();
        options.Listen[0] = $"tcp://127.0.0.1:{port}";

        await Should.ThrowAsync<OperationCanceledException>(() => Node.StartAsync(options, new CancellationToken(canceled: true)));

        ShouldBeFree(port);
    }

    [Fact]
    public async Task A_start_that_fails_lets_go_of_what_it_had()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var home = Directory.CreateTempSubdirectory("firn-test-").FullName;
        int port = FreePort();
        NodeOptions Options() => new() { Name = "a@a.lan", Home = home, Listen = { $"tcp://127.0.0.1:{port}" }, Discovery = false };
        var failing = Options();
        failing.Listen.Add($"tcp://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}");

        var error = await Should.ThrowAsync<FirnException>(() => Node.StartAsync(failing));

        error.Reason.ShouldBe(FailureReason.CannotListen);
        error.Message.ShouldContain("another program listens there");
        ShouldBeFree(port);
        await (await Nodes.StartAsync(Options())).DisposeAsync();   // the name is free, too
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task The_default_port_gives_way_and_a_chosen_one_does_not()
    {
        var blocker = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        using (blocker)
        {
            try
            {
                blocker.Bind(new IPEndPoint(IPAddress.IPv6Any, NodeAddress.DefaultPort));
                blocker.Listen();
            }
            catch (SocketException)
            {
                // Somebody else holds it already: as good.
            }

            var a = await StartAsync("a", o => o.Listen.Clear());
            a.Address.Port.ShouldNotBe(NodeAddress.DefaultPort);
            a.Address.Port.ShouldBeGreaterThan(0);
            var error = await Should.ThrowAsync<FirnException>(() => StartAsync("b", o => o.Listen[0] = $"tcp://[::]:{NodeAddress.DefaultPort}"));
            error.Reason.ShouldBe(FailureReason.CannotListen);
        }
    }

    [Fact]
    public async Task No_task_fails_unobserved_whatever_breaks()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            lock (unobserved)
                unobserved.Add(e.Exception);
        }

        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await BreakThingsAsync();
            for (int i = 0; i < 5; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Yield();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        lock (unobserved)
            unobserved.Where(e => e.ToString().Contains("at Firn.", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static async Task BreakThingsAsync()
    {
        await using var group = new NodeGroup();
        for (int round = 0; round < 5; round++)
        {
            var a = await group.StartAsync($"a{round}");
            var b = await group.StartAsync($"b{round}", o => o.Peers.Add("127.0.0.1:1"));
            var peer = await a.ConnectAsync(b);
            var pings = Enumerable.Range(0, 8).Select(_ => peer.PingAsync()).ToList();
            using var rogue = new Rogue(cookie: NodeGroup.OtherCookie);
            await using (var link = await rogue.DialAsync(a.Address))
            {
                await Should.ThrowAsync<Protocol.HandshakeException>(link.ProveAsync);
            }

            (await rogue.DialAsync(a.Address)).Link.Abort();
            peer.Session.Link.Abort();
            var again = b.Node.ConnectAsync(a.Address);
            await Task.WhenAll(a.DisposeAsync().AsTask(), b.DisposeAsync().AsTask());
            foreach (var task in pings.Cast<Task>().Append(again))
                await task.ContinueWith(static t => t.Exception, TaskScheduler.Default);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void ShouldBeFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
        Should.NotThrow(listener.Start);
    }
}
