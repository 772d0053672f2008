using System.Collections.Concurrent;
using Firn.Cli;
using Firn.Testing;
using Firn.Tests.Nodes;
using Microsoft.Extensions.Logging;

namespace Firn.Tests.Strangers;

/// <summary>What an acceptor makes of a dial that reached it by two ways, one of which was too slow.</summary>
public sealed class RaceLoserTests : NodeFixture
{
    [Fact]
    public async Task A_way_that_is_given_up_within_TLS_has_left_and_was_not_refused()
    {
        var lines = new ConcurrentQueue<string>();
        using var loggers = new LineLoggerFactory(LogLevel.Information, lines.Enqueue);
        using var isOver = new ManualResetEventSlim();
        var b = await StartAsync("b", o => o.LoggerFactory = loggers);
        await using var slow = new Relay(b.Address, endsTls: false)
        {
            Change = (isFromNode, _, _) =>
            {
                if (isFromNode)
                    isOver.Wait(EventLog.Ceiling);
            },
        };

        var a = await StartAsync("a", o => o.Sources.Add(new OnePlace(new PeerFound("b", [slow.Address, b.Address], b.Node.Self.Did))));
        await a.PeerAsync("b").WaitAsync(EventLog.Ceiling);
        isOver.Set();
        var left = await b.Events.FirstAsync<RefusedEvent>();

        left.Reason.ShouldBe(FailureReason.ConnectionLost);
        lines.ShouldNotContain(line => line.Contains("Refused", StringComparison.Ordinal));
        a.Events.Of<DialFailedEvent>().ShouldBeEmpty();
        b.Node.Peers.ShouldHaveSingleItem();
    }

    private sealed class OnePlace(PeerFound place) : IPeerSource
    {
        public string Name => "one";

        public IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, CancellationToken cancellationToken) =>
            new PeerSighting[] { place }.ToAsyncEnumerable();
    }
}
