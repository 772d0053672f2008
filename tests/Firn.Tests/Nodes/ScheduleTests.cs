using Firn.Runtime;
using Firn.Testing;

namespace Firn.Tests.Nodes;

public sealed class ScheduleTests
{
    [Fact]
    public async Task What_is_due_runs_at_its_time_again_and_again()
    {
        var time = new VirtualTimeProvider();
        await using var schedule = new Schedule(new NodeClock(time));
        var every = new Item(now => now + 100);
        schedule.Set(every, 100);
        time.Advance(TimeSpan.FromMilliseconds(350));
        every.RanAt.ShouldBe([100, 200, 300]);

        schedule.Set(every, 360);   // earlier than it was
        schedule.Set(every, 9999);  // later changes nothing
        time.Advance(TimeSpan.FromMilliseconds(100));

        every.RanAt.ShouldBe([100, 200, 300, 360]);
        time.Advance(TimeSpan.FromMilliseconds(10));
        every.RanAt.ShouldBe([100, 200, 300, 360, 460]);
    }

    [Fact]
    public async Task Nothing_runs_twice_at_a_time_though_the_timer_may_fire_twice()
    {
        var time = new FiringTime();
        await using var schedule = new Schedule(new NodeClock(time));
        using var inside = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        int running = 0, most = 0;
        var item = new Item(_ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            inside.Release();
            go.Wait(EventLog.Ceiling);
            Interlocked.Decrement(ref running);
            return long.MaxValue;
        });
        schedule.Set(item, 0);
        var first = Task.Run(time.Fire);
        (await inside.WaitAsync(EventLog.Ceiling)).ShouldBeTrue();

        schedule.Set(item, 0);
        var second = Task.Run(time.Fire);
        await second.WaitAsync(EventLog.Ceiling);   // it left the work to the first
        go.Release(2);
        await first.WaitAsync(EventLog.Ceiling);

        most.ShouldBe(1);
        item.RanAt.Count.ShouldBe(2);
    }

    private sealed class Item(Func<long, long> onDue) : Scheduled
    {
        public List<long> RanAt { get; } = [];

        public override long OnDue(long now)
        {
            RanAt.Add(now);
            return onDue(now);
        }
    }

    /// <summary>A clock whose one timer fires when a test says so.</summary>
    private sealed class FiringTime : TimeProvider
    {
        private Action _fire = static () => { };

        public void Fire() => _fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
