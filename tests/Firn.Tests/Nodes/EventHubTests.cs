using Firn.Runtime;

namespace Firn.Tests.Nodes;

public sealed class EventHubTests
{
    private readonly EventHub _hub = new(TimeProvider.System);

    [Fact]
    public async Task A_slow_watcher_loses_the_oldest_and_is_told_how_many()
    {
        var slow = _hub.Watch();
        for (int i = 0; i < 1100; i++)
            _hub.Publish(Warning(i));
        _hub.Complete();

        var seen = await slow.ToListAsync();

        seen[0].ShouldBeOfType<EventsLostEvent>().Count.ShouldBe(76);
        seen[1].ShouldBe(Warning(76));
        seen.Count.ShouldBe(1025);
    }

    [Fact]
    public async Task What_a_watcher_does_not_want_takes_no_place_of_what_it_wants()
    {
        var watching = _hub.Watch(static e => e is NodeWarningEvent { Message: "0" });
        for (int i = 0; i < 5000; i++)
            _hub.Publish(Warning(i));
        _hub.Complete();

        (await watching.ToListAsync()).ShouldBe([Warning(0)]);
    }

    [Fact]
    public async Task A_watcher_that_stops_reading_is_forgotten_and_one_that_comes_too_late_ends()
    {
        var watching = _hub.Watch();
        _hub.Publish(Warning(1));
        await foreach (var happened in watching)
        {
            happened.ShouldBe(Warning(1));
            break;
        }

        _hub.Publish(Warning(2));
        _hub.Complete();
        (await _hub.Watch().ToListAsync()).ShouldBeEmpty();
    }

    private static NodeWarningEvent Warning(int i) => new(DateTimeOffset.UnixEpoch, $"{i}");
}
