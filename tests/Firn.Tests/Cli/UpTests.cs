using Firn.AspNetCore;
using Firn.Cli;
using Microsoft.Extensions.Logging;

namespace Firn.Tests;

public class UpTests
{
    [Theory]
    [InlineData("tcp://0.0.0.0:3476", "192.168.1.5", "  firn up --peer 192.168.1.5")]
    [InlineData("tcp://[::]:4000", "192.168.1.5", "  firn up --peer 192.168.1.5:4000")]
    [InlineData("tcp://10.0.0.7:4000", "192.168.1.5", "  firn up --peer 10.0.0.7:4000")]
    public void A_node_that_others_reach_says_how_another_machine_joins(string listening, string? lan, string command)
    {
        var lines = JoinHint.Lines(FakeNode.Alpha with { Listening = [listening] }, lan, null);

        lines[0].ShouldBe("another machine joins with this cookie ('firn cookie show' here, 'firn cookie import' there), then:");
        lines[1].ShouldBe(command);
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:4000", "192.168.1.5", "  firn up --peer 127.0.0.1:4000")]
    [InlineData("tcp://0.0.0.0:4000", null, "  firn up --peer 127.0.0.1:4000")]
    public void A_node_that_only_this_machine_reaches_says_so(string listening, string? lan, string command) =>
        JoinHint.Lines(FakeNode.Alpha with { Listening = [listening] }, lan, null)
            .ShouldBe(["another node on this machine joins with:", command]);

    [Fact]
    public void A_cookie_file_and_a_cluster_are_part_of_how_to_join()
    {
        var self = FakeNode.Alpha with { Listening = ["tcp://0.0.0.0:3476"], Cluster = "lab" };

        JoinHint.Lines(self, "192.168.1.5", "/etc/cookie").ShouldBe(
        [
            "another machine joins with a copy of /etc/cookie:",
            "  firn up --cookie-file /etc/cookie --cluster lab --peer 192.168.1.5",
        ]);
    }

    [Theory]
    [InlineData("trust", 4)]
    [InlineData("both", 5)]
    public void A_node_that_admits_by_trust_says_who_has_to_trust_whom(string mode, int count)
    {
        var self = FakeNode.Alpha with { Listening = ["tcp://0.0.0.0:3476"], Admission = mode };

        var lines = JoinHint.Lines(self, "192.168.1.5", null);

        lines.Count.ShouldBe(count);
        lines[0].ShouldBe("another machine joins when each trusts the other's key:");
        lines[1].ShouldBe($"  firn trust add {self.Did}");
        lines[^1].ShouldBe($"  firn up --admit {mode} --peer 192.168.1.5");
    }

    [Fact]
    public async Task A_peer_that_was_there_first_is_told_once_and_what_follows_is_told_all()
    {
        var node = new FakeNode();
        var again = FakeNode.Beta with { SessionId = "another" };
        // Beta came up after the subscription and before the snapshot.
        node.Raise(new EventBody("peerUp", DateTime.UtcNow) { Peer = FakeNode.Beta });
        node.Raise(new EventBody("peerDown", DateTime.UtcNow) { Peer = FakeNode.Beta });
        node.Raise(new EventBody("peerUp", DateTime.UtcNow) { Peer = again });

        var told = new List<string>();
        await foreach (var e in PeerFeed.From(node, CancellationToken.None))
        {
            told.Add($"{e.Event} {e.Peer!.SessionId}");
            if (e.Peer == again)
                break;
        }

        told.ShouldBe([$"peerUp {FakeNode.Beta.SessionId}", $"peerDown {FakeNode.Beta.SessionId}", "peerUp another"]);
    }

    [Fact]
    public void The_log_is_quiet_and_without_stack_traces_unless_asked()
    {
        var failure = new InvalidOperationException("it broke");
        var lines = new List<string>();
        using (var loggers = new LineLoggerFactory(LogLevel.Warning, lines.Add))
        {
            Log(loggers.CreateLogger("Firn.Sessions"), LogLevel.Information, failure);
            Log(loggers.CreateLogger("Firn.Sessions"), LogLevel.Warning, failure);
        }

        lines.ShouldHaveSingleItem().ShouldEndWith(" warning Firn.Sessions: said (it broke)");

        lines.Clear();
        using (var loggers = new LineLoggerFactory(LogLevel.Debug, lines.Add))
        {
            Log(loggers.CreateLogger("Microsoft.AspNetCore.Server"), LogLevel.Information, failure);
            Log(loggers.CreateLogger("Firn.Sessions"), LogLevel.Debug, failure);
        }

        lines.ShouldHaveSingleItem().ShouldContain(nameof(InvalidOperationException));
    }

    private static void Log(ILogger logger, LogLevel level, Exception e) =>
        logger.Log(level, default, "said", e, (state, _) => state);
}
