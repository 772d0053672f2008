namespace Firn.Protocol.Tests;

public class IncarnationTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);

    [Fact]
    public void A_first_start_takes_the_clock() =>
        Incarnation.Next(default, Now).ShouldBe(new Incarnation(1_800_000_000_000));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-3_600_000)]
    public void It_rises_although_the_clock_went_back_or_stood_still(long change) =>
        Incarnation.Next(new Incarnation(1_800_000_000_000), Now.AddMilliseconds(change))
            .ShouldBe(new Incarnation(1_800_000_000_001));

    [Fact]
    public void It_rises_with_a_clock_before_1970()
    {
        var before = new DateTimeOffset(1960, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Incarnation.Next(default, before).ShouldBe(new Incarnation(1));
        Incarnation.Next(new Incarnation(5), before).ShouldBe(new Incarnation(6));
    }

    [Fact]
    public void The_later_life_compares_greater()
    {
        Incarnation earlier = new(1), later = new(ulong.MaxValue);
        (earlier < later && later > earlier && earlier <= later && later >= earlier).ShouldBeTrue();
        (later < earlier || earlier > later || later <= earlier || earlier >= later).ShouldBeFalse();
        earlier.CompareTo(later).ShouldBeNegative();
        later.ToString().ShouldBe("18446744073709551615");
    }
}
