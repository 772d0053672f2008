using Firn.Testing;

namespace Firn.Tests.Testing;

public class VirtualTimeTests
{
    private readonly VirtualTimeProvider _time = new();

    [Fact]
    public void Time_stands_still_until_it_is_advanced()
    {
        DateTimeOffset wall = _time.GetUtcNow();
        long monotonic = _time.GetTimestamp();

        _time.Advance(TimeSpan.FromMilliseconds(1500));

        (_time.GetUtcNow() - wall).ShouldBe(TimeSpan.FromMilliseconds(1500));
        _time.GetElapsedTime(monotonic).ShouldBe(TimeSpan.FromMilliseconds(1500));
    }

    [Fact]
    public async Task Disposing_of_a_timer_waits_for_a_callback_that_runs()
    {
        using var begun = new SemaphoreSlim(0);
        using var mayEnd = new SemaphoreSlim(0);
        var timer = Once(TimeSpan.FromSeconds(1), () =>
        {
            begun.Release();
            mayEnd.Wait();
        });
        var advancing = Task.Run(() => _time.Advance(TimeSpan.FromSeconds(1)));
        await begun.WaitAsync();

        var disposing = timer.DisposeAsync();

        disposing.IsCompleted.ShouldBeFalse();
        mayEnd.Release();
        await disposing;
        await advancing;
    }

    [Fact]
    public void A_wall_clock_that_is_set_back_moves_neither_timestamps_nor_timers()
    {
        DateTimeOffset wall = _time.GetUtcNow();
        long monotonic = _time.GetTimestamp();
        int fired = 0;
        using ITimer timer = Once(TimeSpan.FromSeconds(10), () => fired++);

        _time.JumpWallClock(TimeSpan.FromDays(-1));
        _time.Advance(TimeSpan.FromSeconds(9));

        _time.GetUtcNow().ShouldBe(wall.AddDays(-1).AddSeconds(9));
        _time.GetElapsedTime(monotonic).ShouldBe(TimeSpan.FromSeconds(9));
        fired.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        fired.ShouldBe(1);
    }

    [Fact]
    public void One_advance_fires_timers_in_order_each_at_its_own_instant()
    {
        long start = _time.GetTimestamp();
        var fired = new List<(string Name, double At)>();
        using ITimer late = Once(TimeSpan.FromSeconds(3), () => fired.Add(("late", Elapsed())));
        using ITimer first = Once(TimeSpan.FromSeconds(1), () => fired.Add(("first", Elapsed())));
        using ITimer second = Once(TimeSpan.FromSeconds(1), () => fired.Add(("second", Elapsed())));
        using ITimer beyond = Once(TimeSpan.FromSeconds(5), () => fired.Add(("beyond", Elapsed())));

        _time.Advance(TimeSpan.FromSeconds(4));

        fired.ShouldBe([("first", 1), ("second", 1), ("late", 3)]);
        Elapsed().ShouldBe(4);

        double Elapsed() => _time.GetElapsedTime(start).TotalSeconds;
    }

    [Fact]
    public void A_periodic_timer_fires_at_every_period_until_it_is_disposed()
    {
        int fired = 0;
        ITimer timer = _time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(6));
        fired.ShouldBe(3);
        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(6));

        fired.ShouldBe(3);
        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan).ShouldBeFalse();
    }

    [Fact]
    public void A_timer_changed_by_a_callback_counts_from_that_callbacks_instant()
    {
        long start = _time.GetTimestamp();
        var fired = new List<double>();
        using ITimer rearmed = Once(Timeout.InfiniteTimeSpan, () => fired.Add(_time.GetElapsedTime(start).TotalSeconds));
        using ITimer rearming = Once(TimeSpan.FromSeconds(2), () => rearmed.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan));

        _time.Advance(TimeSpan.FromSeconds(10));

        fired.ShouldBe([5]);
    }

    [Fact]
    public void A_timer_due_at_once_waits_for_the_next_advance()
    {
        int fired = 0;
        using ITimer timer = Once(TimeSpan.Zero, () => fired++);

        fired.ShouldBe(0);
        _time.Advance(TimeSpan.Zero);

        fired.ShouldBe(1);
    }

    [Fact]
    public async Task What_awaits_a_delay_has_run_on_when_the_advance_returns()
    {
        var reached = new List<string>();
        Task work = Work();

        _time.Advance(TimeSpan.FromSeconds(1));
        reached.ShouldBe(["one"]);
        _time.Advance(TimeSpan.FromSeconds(1));
        reached.ShouldBe(["one", "two"]);
        await work;

        async Task Work()
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time).ConfigureAwait(false);
            reached.Add("one");
            await Task.Delay(TimeSpan.FromSeconds(1), _time).ConfigureAwait(false);
            reached.Add("two");
        }
    }

    [Fact]
    public void A_deadline_cancels_at_its_instant()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(3), _time);

        _time.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromTicks(1));
        deadline.IsCancellationRequested.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));
        deadline.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public void A_callback_cannot_advance_time_itself()
    {
        using ITimer timer = Once(TimeSpan.Zero, () => _time.Advance(TimeSpan.FromSeconds(1)));

        Should.Throw<InvalidOperationException>(() => _time.Advance(TimeSpan.Zero));
        Should.NotThrow(() => _time.Advance(TimeSpan.FromSeconds(1)));
    }

    private ITimer Once(TimeSpan due, Action callback) =>
        _time.CreateTimer(_ => callback(), null, due, Timeout.InfiniteTimeSpan);
}
