using System.Text.Json;
using Firn.Cli;

namespace Firn.Tests;

public class PingStatisticsTests
{
    [Fact]
    public void A_run_adds_up_as_ping_has_it()
    {
        var record = Run([1, 2, 3], lost: 1);

        record.Sent.ShouldBe(4);
        record.Received.ShouldBe(3);
        record.LossPercent.ShouldBe(25);
        (record.MinMs, record.AvgMs, record.MaxMs).ShouldBe((1, 2, 3));
        record.MdevMs.ShouldBe(0.816);   // sqrt((1 + 4 + 9) / 3 - 2 * 2)
    }

    [Fact]
    public void Equal_times_deviate_by_nothing() => Run([0.1, 0.1, 0.1]).MdevMs.ShouldBe(0);

    [Fact]
    public void A_run_that_lost_everything_has_no_times()
    {
        var record = Run([], lost: 2);

        record.LossPercent.ShouldBe(100);
        record.MinMs.ShouldBeNull();
        record.ToText().ShouldNotContain("min/avg/max");
    }

    [Fact]
    public void A_run_that_sent_nothing_lost_nothing() => Run([]).LossPercent.ShouldBe(0);

    [Fact]
    public void The_summary_reads_like_pings() => Run([1, 2, 3], lost: 1).ToText().ReplaceLineEndings("\n").ShouldBe("""

        --- beta@b.lan ping statistics ---
        4 sent, 3 received, 25% loss, time 3004 ms
        rtt min/avg/max/mdev = 1.000/2.000/3.000/0.816 ms
        """.ReplaceLineEndings("\n"));

    [Fact]
    public void The_record_has_the_promised_shape() => JsonSerializer.Serialize(Run([1.5]), CliJson.Default.PingRecord).ShouldBe(
        """{"name":"beta@b.lan","sent":1,"received":1,"lossPercent":0,"timeMs":3004,"minMs":1.5,"avgMs":1.5,"maxMs":1.5,"mdevMs":0}""");

    private static PingRecord Run(double[] answered, int lost = 0)
    {
        var statistics = new PingStatistics();
        foreach (double milliseconds in answered)
            statistics.Answered(milliseconds);
        for (int i = 0; i < lost; i++)
            statistics.Lost();
        return statistics.ToRecord("beta@b.lan", TimeSpan.FromMilliseconds(3004));
    }
}
