using FsCheck;
using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class BackoffTests
{
    private const double AlmostOne = 0.999999999999;

    [Fact]
    public void The_ceiling_doubles_up_to_the_cap()
    {
        var backoff = new Backoff();
        Enumerable.Range(0, 9).Select(_ => backoff.Next(AlmostOne))
            .ShouldBe([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    }

    [Fact]
    public void The_floor_holds_for_every_attempt()
    {
        var backoff = new Backoff();
        Enumerable.Range(0, 100).ShouldAllBe(_ => backoff.Next(0) == Backoff.Floor);
    }

    [Fact]
    public void Every_delay_is_between_the_floor_and_the_ceiling_of_its_attempt() =>
        Prop.ForAll(Cases, c =>
        {
            var backoff = new Backoff(c.First, c.Cap);
            long ceiling = c.First;
            foreach (double random in c.Randoms)
            {
                backoff.Next(random).ShouldBeInRange(Backoff.Floor, ceiling);
                ceiling = Math.Min(c.Cap, ceiling * 2);
            }
        }).Check();

    // wallhack 11: nodes that lost one peer all came back at the same time.
    [Fact]
    public void Delays_spread_evenly_over_the_whole_range()
    {
        var random = new Random(1);
        var delays = Enumerable.Range(0, 20_000).Select(_ => new Backoff().Next(random.NextDouble())).ToList();
        delays.Average().ShouldBe((Backoff.Floor + 500) / 2.0, tolerance: 5);
        delays.GroupBy(d => (d - Backoff.Floor) / 50).Where(g => g.Key < 9).ShouldAllBe(g => g.Count() > 1_900 && g.Count() < 2_550);
    }

    [Theory]
    [InlineData(59_999, 2_000)]
    [InlineData(60_000, 500)]
    public void A_stable_minute_resets_it_and_less_does_not(long up, long next)
    {
        var backoff = Failed(2);
        backoff.OnUp(1_000);
        backoff.OnDown(1_000 + up);
        backoff.Next(AlmostOne).ShouldBe(next);
    }

    [Fact]
    public void A_session_that_replaces_another_does_not_begin_the_minute_anew()
    {
        var backoff = Failed(2);
        backoff.OnUp(0);
        backoff.OnUp(59_000);
        backoff.OnDown(60_000);
        backoff.Next(AlmostOne).ShouldBe(500);
    }

    [Fact]
    public void Short_lives_do_not_add_up()
    {
        var backoff = Failed(2);
        for (long at = 0; at < 120_000; at += 40_000)
        {
            backoff.OnUp(at);
            backoff.OnDown(at + 39_000);
        }

        backoff.OnDown(500_000);
        backoff.Next(AlmostOne).ShouldBe(2_000);
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        var backoff = new Backoff();
        foreach (double random in new[] { -0.1, 1, double.NaN, double.PositiveInfinity })
            Should.Throw<ArgumentOutOfRangeException>(() => backoff.Next(random));
        Should.Throw<ArgumentOutOfRangeException>(() => new Backoff(0, 1_000));
        Should.Throw<ArgumentOutOfRangeException>(() => new Backoff(1_000, 999));
        Should.Throw<ArgumentOutOfRangeException>(() => new Backoff(1_000, long.MaxValue));
    }

    private static Backoff Failed(int attempts)
    {
        var backoff = new Backoff();
        for (int i = 0; i < attempts; i++)
            backoff.Next(0.5);
        return backoff;
    }

    private static Arbitrary<(long First, long Cap, double[] Randoms)> Cases => (
        from first in Gen.Choose((int)Backoff.Floor, 5_000)
        from cap in Gen.Choose(first, 24 * 3600_000)
        from randoms in Gen.ArrayOf(Gen.Choose(0, 999_999).Select(r => r / 1e6), 80)
        select ((long)first, (long)cap, randoms)).ToArbitrary();
}
