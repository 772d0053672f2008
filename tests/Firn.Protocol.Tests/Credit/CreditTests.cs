using FsCheck;
using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class CreditTests
{
    private const int Floor = 1_000;

    [Fact]
    public void No_more_is_granted_than_windows_and_reserve_hold_and_the_budget_comes_back() =>
        Prop.ForAll(Steps, steps =>
        {
            var run = new WindowRun(windows: 3, Floor, budget: 50_001);
            foreach (var (which, step, amount, isMemoryShort) in steps)
            {
                run.IsMemoryShort = isMemoryShort;
                run.Do(which, step, amount);
            }

            run.IsMemoryShort = false;
            run.CloseAll();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(LongRun.IsOn ? 200_000 : 2_000).WithEndSize(200));

    [Fact]
    public void The_first_window_needs_no_telling_and_half_of_it_makes_a_grant()
    {
        var window = new ReceiveWindow(new WindowBudget(0), Floor);
        window.Granted.ShouldBe(Floor);
        window.TryReceive(Floor).ShouldBeTrue();
        window.Consume(499, now: 0, roundTrip: 0).ShouldBeFalse();
        window.Consume(1, now: 0, roundTrip: 0).ShouldBeTrue();
        window.Granted.ShouldBe(1_500);
    }

    [Fact]
    public void More_than_was_granted_is_refused()
    {
        var window = new ReceiveWindow(new WindowBudget(0), Floor);
        window.TryReceive(Floor).ShouldBeTrue();
        window.TryReceive(1).ShouldBeFalse();
    }

    // time in which the window was used up, round-trip time, size afterwards
    [Theory]
    [InlineData(39, 10, 2_000)]
    [InlineData(40, 10, 1_000)]
    [InlineData(0, 0, 1_000)]
    public void A_window_grows_only_when_all_of_it_was_used_up_within_four_round_trips(long span, long roundTrip, int size)
    {
        var window = new ReceiveWindow(new WindowBudget(1 << 20), Floor);
        foreach (long at in (long[])[1_000, 1_000])
        {
            window.TryReceive(500);
            window.Consume(500, at, roundTrip);
            window.Size.ShouldBe(Floor, "a half is not all");
        }

        window.TryReceive(500);
        window.Consume(500, 1_000 + span, roundTrip).ShouldBeTrue();
        window.Size.ShouldBe(size);
    }

    [Fact]
    public void It_grows_to_16_MiB_and_no_further()
    {
        var window = new ReceiveWindow(new WindowBudget(1L << 40), 3 << 20);
        Use(ref window, times: 20, roundTrip: 10);
        window.Size.ShouldBe(ReceiveWindow.Max);
    }

    [Fact]
    public void When_the_budget_is_tight_or_memory_short_it_shrinks_to_its_floor()
    {
        var budget = new WindowBudget(100_000);
        var window = new ReceiveWindow(budget, Floor);
        Use(ref window, times: 5, roundTrip: 10);
        window.Size.ShouldBe(8_000);

        budget.TryTake(budget.Free).ShouldBeTrue();
        budget.IsTight.ShouldBeTrue();
        Use(ref window, times: 1, roundTrip: 10);
        window.Size.ShouldBe(4_000);
        budget.Free.ShouldBe(4_000);

        budget.Return(89_000);
        budget.IsTight.ShouldBeFalse();
        budget.IsMemoryShort = true;
        Use(ref window, times: 5, roundTrip: 10);
        window.Size.ShouldBe(Floor);
        budget.TryTake(1).ShouldBeFalse();
    }

    [Fact]
    public void A_window_that_is_closed_takes_nothing_more_of_the_budget()
    {
        var budget = new WindowBudget(100_000);
        var window = new ReceiveWindow(budget, Floor);
        Use(ref window, times: 3, roundTrip: 10);
        window.TryReceive(window.Left);
        window.Close();
        budget.Free.ShouldBe(100_000);

        window.Consume(window.Unread, now: 0, roundTrip: 10).ShouldBeFalse();
        window.TryWiden(5_000).ShouldBeFalse();
        budget.Free.ShouldBe(100_000);
        window.Close();
        budget.Free.ShouldBe(100_000);
    }

    [Fact]
    public void A_message_beyond_the_window_is_granted_beside_it()
    {
        var window = new ReceiveWindow(new WindowBudget(0), Floor);
        window.TryReceive(400).ShouldBeTrue();
        window.Missing(5_000).ShouldBe(4_400);
        window.Reserve(4_400);
        window.Left.ShouldBe(5_000);

        window.TryReceive(5_000).ShouldBeTrue();
        window.Consume(5_400, now: 0, roundTrip: 0).ShouldBeTrue();
        window.Granted.ShouldBe(6_400);
    }

    [Fact]
    public void A_sender_is_granted_more_and_never_less()
    {
        var credit = new SendCredit(100);
        credit.Take(60);
        (credit.Available, credit.Sent).ShouldBe((40, 60));
        credit.TryGrant(100).ShouldBeTrue();
        credit.TryGrant(150).ShouldBeTrue();
        credit.Available.ShouldBe(90);
        credit.TryGrant(149).ShouldBeFalse();
        credit.TryGrant(ulong.MaxValue).ShouldBeFalse();
        credit.TryGrant((ulong)long.MaxValue).ShouldBeFalse();
        credit.TryGrant(long.MaxValue / 2).ShouldBeTrue();
        credit.Available.ShouldBe(long.MaxValue / 2 - 60);
    }

    private static void Use(ref ReceiveWindow window, int times, long roundTrip)
    {
        for (int i = 0; i < times; i++)
        {
            window.TryReceive(window.Left).ShouldBeTrue();
            window.Consume(window.Unread, now: i, roundTrip);
        }
    }

    private static Arbitrary<(int Which, WindowStep Step, long Amount, bool IsMemoryShort)[]> Steps => (
        from which in Gen.Choose(0, 2)
        from step in Gen.Frequency(
            (10, Gen.Constant(WindowStep.Send)), (10, Gen.Constant(WindowStep.Consume)), (2, Gen.Constant(WindowStep.Widen)),
            (2, Gen.Constant(WindowStep.Reserve)), (3, Gen.Constant(WindowStep.ReturnReserved)), (1, Gen.Constant(WindowStep.Close)))
        from amount in Gen.Frequency((3, Gen.Choose(0, 30_000)), (1, Gen.Choose(0, 3)), (1, Gen.Constant(1_000_000)))
        from luck in Gen.Choose(0, 9)
        select (which, step, (long)amount, luck == 0)).ArrayOf().ToArbitrary();
}
