using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class RttEstimatorTests
{
    [Fact]
    public void Nothing_is_known_before_the_first_sample()
    {
        var rtt = new RttEstimator();
        (rtt.Smoothed ?? rtt.Variation ?? rtt.Min ?? rtt.Latest).ShouldBeNull();
        rtt.Timeout.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void The_samples_are_weighed_as_RFC_6298_says()
    {
        var rtt = new RttEstimator();
        rtt.Add(TimeSpan.FromMilliseconds(800));
        rtt.Smoothed.ShouldBe(TimeSpan.FromMilliseconds(800));
        rtt.Variation.ShouldBe(TimeSpan.FromMilliseconds(400));
        rtt.Timeout.ShouldBe(TimeSpan.FromMilliseconds(800 + (4 * 400)));

        rtt.Add(TimeSpan.FromMilliseconds(1_600));
        rtt.Variation.ShouldBe(TimeSpan.FromMilliseconds((0.75 * 400) + (0.25 * 800)));
        rtt.Smoothed.ShouldBe(TimeSpan.FromMilliseconds((0.875 * 800) + (0.125 * 1_600)));
        rtt.Timeout.ShouldBe(TimeSpan.FromMilliseconds(900 + (4 * 500)));
        rtt.Min.ShouldBe(TimeSpan.FromMilliseconds(800));
        rtt.Latest.ShouldBe(TimeSpan.FromMilliseconds(1_600));
    }

    [Fact]
    public void Microseconds_count()
    {
        var rtt = new RttEstimator();
        for (int i = 0; i < 100; i++)
            rtt.Add(TimeSpan.FromMicroseconds(70));
        rtt.Smoothed.ShouldBe(TimeSpan.FromMicroseconds(70));
        rtt.Variation.ShouldNotBeNull().ShouldBeLessThan(TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public void A_lasting_change_is_followed()
    {
        var rtt = new RttEstimator();
        for (int i = 0; i < 60; i++)
            rtt.Add(TimeSpan.FromMilliseconds(i < 10 ? 1 : 200));
        rtt.Smoothed.ShouldNotBeNull().TotalMilliseconds.ShouldBe(200, tolerance: 2);
        rtt.Min.ShouldBe(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void The_estimate_stays_among_the_samples() =>
        Prop.ForAll(Gen.NonEmptyListOf(Gen.Choose(0, int.MaxValue)).ToArbitrary(), samples =>
        {
            var rtt = new RttEstimator();
            foreach (int ticks in samples)
                rtt.Add(TimeSpan.FromTicks(ticks));
            rtt.Min.ShouldBe(TimeSpan.FromTicks(samples.Min()));
            rtt.Latest.ShouldBe(TimeSpan.FromTicks(samples.Last()));
            rtt.Smoothed!.Value.Ticks.ShouldBeInRange(samples.Min(), samples.Max());
            rtt.Variation!.Value.Ticks.ShouldBeInRange(0, samples.Max());
            rtt.Timeout.ShouldBeInRange(RttEstimator.MinTimeout, RttEstimator.MaxTimeout);
        }).Check();

    [Fact]
    public void A_clock_that_is_not_monotonic_is_refused()
    {
        var rtt = new RttEstimator();
        Should.Throw<ArgumentOutOfRangeException>(() => rtt.Add(TimeSpan.FromTicks(-1)));
        Should.Throw<ArgumentOutOfRangeException>(() => rtt.Add(TimeSpan.MaxValue));
        rtt.Latest.ShouldBeNull();
    }
}
