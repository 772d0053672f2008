namespace Firn.Protocol.Tests.Credit;

public class ReceiveWindowTests
{
    private const int Floor = 16, RoundTrip = 100;

    private readonly WindowBudget _budget = new(1_000);

    [Fact]
    public void It_doubles_while_all_of_it_is_used_within_four_round_trips()
    {
        var window = new ReceiveWindow(_budget, Floor);
        for (long now = 0; now < 2_000; now += RoundTrip)
            Use(ref window, window.Size / 2, now);
        window.Size.ShouldBe(512);
        _budget.Free.ShouldBe(1_000 - (512 - Floor));
    }

    [Fact]
    public void It_stays_when_it_is_used_slowly()
    {
        var window = new ReceiveWindow(_budget, Floor);
        for (long now = 0; now < 20_000; now += 2 * RoundTrip)
            Use(ref window, window.Size / 2, now);
        window.Size.ShouldBe(Floor);
    }

    [Fact]
    public void It_stays_when_the_reader_is_what_is_slow()
    {
        var window = new ReceiveWindow(_budget, Floor);
        for (long now = 0; now < 2_000; now += RoundTrip)
        {
            window.TryReceive(window.Left).ShouldBeTrue();
            window.Consume(window.Size / 2, now, RoundTrip);
        }

        window.Size.ShouldBe(Floor);
    }

    [Fact]
    public void It_stays_when_a_reader_wakes_up_late_and_takes_all_at_once()
    {
        var window = new ReceiveWindow(_budget, Floor);
        for (long now = 0; now < 40_000; now += 5 * RoundTrip)
        {
            window.TryReceive(window.Left).ShouldBeTrue();
            window.Consume(Floor / 2, now, RoundTrip);
            window.Consume(Floor / 2, now + 1, RoundTrip);
        }

        window.Size.ShouldBe(Floor);
    }

    [Fact]
    public void It_shrinks_to_its_floor_while_memory_is_short_and_gives_the_budget_back()
    {
        var window = new ReceiveWindow(_budget, Floor);
        window.TryWiden(512).ShouldBeTrue();
        _budget.IsMemoryShort = true;
        for (int i = 0; i < 10; i++)
            Use(ref window, 256, i);
        (window.Size, _budget.Free).ShouldBe((Floor, 1_000L));
    }

    private static void Use(ref ReceiveWindow window, long amount, long now)
    {
        amount = Math.Min(amount, window.Left);
        window.TryReceive(amount).ShouldBeTrue();
        window.Consume(amount, now, RoundTrip);
    }
}
