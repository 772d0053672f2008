namespace Firn.Protocol.Tests;

public class TokenBucketTests
{
    [Fact]
    public void A_burst_is_allowed_at_once_and_then_the_rate()
    {
        var bucket = new TokenBucket(burst: 3, perSecond: 2, now: 1_000);
        for (int i = 0; i < 3; i++)
            bucket.TryTake(1_000).ShouldBeTrue();
        bucket.TryTake(1_000).ShouldBeFalse();
        bucket.TryTake(1_499).ShouldBeFalse();
        bucket.TryTake(1_500).ShouldBeTrue();
        bucket.TryTake(1_999).ShouldBeFalse();
        bucket.TryTake(2_000).ShouldBeTrue();
    }

    [Fact]
    public void A_long_pause_saves_up_no_more_than_the_burst()
    {
        var bucket = new TokenBucket(burst: 2, perSecond: 100, now: 0);
        bucket.TryTake(1_000_000).ShouldBeTrue();
        bucket.TryTake(1_000_000).ShouldBeTrue();
        bucket.TryTake(1_000_000).ShouldBeFalse();
    }
}
