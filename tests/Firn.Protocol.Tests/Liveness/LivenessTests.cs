using FsCheck;
using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class LivenessTests
{
    private const long Interval = 15_000;
    private const long Deadline = 15_000;

    [Fact]
    public void A_session_soon_sends_a_ping_that_accuses_nobody()
    {
        var run = new LivenessRun(Interval, Deadline, start: 5_000).Until(5_000 + Liveness.FirstPing);
        run.Pings.ShouldBe([5_000 + Liveness.FirstPing]);
        run.Until(5_000 + Interval + Deadline - 1).DeadAt.ShouldBeNull();
        run.Until(long.MaxValue).DeadAt.ShouldBe(5_000 + Interval + Deadline);
        run.Pings.ShouldBe([5_000 + Liveness.FirstPing, 5_000 + Interval]);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(15_000)]
    [InlineData(86_400_000)]
    public void An_end_that_asks_early_does_so_a_sixteenth_to_a_third_of_the_interval_before_the_other_and_accuses_no_earlier(long interval)
    {
        for (long start = 0; start < 2 * interval; start += Math.Max(1, interval / 50))
        {
            var run = new LivenessRun(interval, Deadline, start, asksEarly: true).Until(long.MaxValue);
            run.DeadAt.ShouldBe(start + interval + Deadline);
            run.Pings[^1].ShouldBeInRange(start + (interval * 2 / 3), start + (interval * 15 / 16) + 1);
        }
    }

    [Fact]
    public void The_pings_of_all_sessions_that_ask_early_fall_together_a_few_times_an_interval()
    {
        var runs = Enumerable.Range(0, 1_000).Select(i => new LivenessRun(1_000, 1_000, start: i, asksEarly: true) { AnswersAfter = _ => i % 7 }).ToList();
        var pings = runs.SelectMany(run => run.Until(61_000).Pings).Where(at => at is >= 31_000 and < 61_000).ToList();

        pings.Count.ShouldBeInRange(30_000, 33_000);   // not one more than asking early by a sixteenth makes of them
        pings.Distinct().Count().ShouldBeLessThanOrEqualTo(33 * Liveness.Runs);
    }

    [Fact]
    public void Two_idle_ends_of_which_one_asks_early_do_not_both_ping()
    {
        var early = new LivenessRun(1_000, 1_000, start: 0, asksEarly: true) { AnswersAfter = _ => 10 }.Until(60_000);
        var other = new LivenessRun(1_000, 1_000, start: 0) { AnswersAfter = _ => 10 };
        foreach (long at in early.Pings)
            other.Receive(at + 5);

        early.Pings.Count.ShouldBeGreaterThan(60);
        other.Until(60_000).Pings.Count.ShouldBeInRange(14, 16, "it pings only to keep its RTT fresh");
    }

    [Fact]
    public void A_silent_peer_is_dead_exactly_an_interval_and_a_deadline_after_its_last_byte() =>
        Prop.ForAll(Spans, Gen.ArrayOf(Gen.Choose(0, 100_000)).ToArbitrary(), (spans, arrivals) =>
        {
            var run = new LivenessRun(spans.Interval, spans.Deadline, start: 0);
            long last = 0;
            foreach (int at in arrivals.Order().TakeWhile(at => at < last + spans.Interval + spans.Deadline))
            {
                run.Receive(at);
                last = at;
            }

            run.Until(long.MaxValue).DeadAt.ShouldBe(last + spans.Interval + spans.Deadline);
            run.Pings.ShouldContain(last + spans.Interval);
        }).Check();

    [Fact]
    public void A_check_that_is_a_little_late_delays_the_verdict_and_never_hastens_it() =>
        Prop.ForAll(Spans, Gen.ArrayOf(Gen.Choose(0, 200), 64).ToArbitrary(), (spans, lateness) =>
        {
            int check = 0;
            var run = new LivenessRun(spans.Interval, spans.Deadline, start: 0)
            {
                ChecksAt = due => due + lateness[check++ / 2 % lateness.Length],
            };
            long due = spans.Interval + spans.Deadline;
            run.Until(long.MaxValue).DeadAt.ShouldNotBeNull().ShouldBeInRange(due, due + (2 * 200));
        }).Check();

    [Fact]
    public void A_peer_that_answers_within_the_deadline_lives()
    {
        foreach (long rtt in new long[] { 0, 1, 100, Deadline - 1, Deadline })
            new LivenessRun(Interval, Deadline) { AnswersAfter = _ => rtt }.Until(3_600_000).DeadAt.ShouldBeNull();
        new LivenessRun(Interval, Deadline) { AnswersAfter = _ => Deadline + Interval + 1 }.Until(3_600_000).DeadAt.ShouldNotBeNull();
    }

    [Fact]
    public void An_idle_peer_that_answers_is_pinged_once_an_interval()
    {
        var run = new LivenessRun(1_000, 1_000, start: 0) { AnswersAfter = _ => 10 }.Until(101_000);
        run.Pings.Count.ShouldBeInRange(99, 102);
        run.Checks.ShouldBeLessThanOrEqualTo(3 * run.Pings.Count, "an idle session costs two or three checks an interval");
    }

    // Snow 10: pongs behind large frames passed the deadline and made false node-downs.
    [Fact]
    public void Bytes_keep_a_peer_alive_whose_pongs_never_come()
    {
        var run = new LivenessRun(Interval, Deadline, start: 0);
        for (long at = 0; at < 3_600_000; at += Interval + Deadline - 1)
            run.Receive(at);
        run.Until(3_600_000).DeadAt.ShouldBeNull();
    }

    // Snow 8: a burst of requests starved the heartbeat; here nothing that is received costs a check.
    [Fact]
    public void A_burst_of_bytes_moves_no_check()
    {
        var run = new LivenessRun(Interval, Deadline, start: 0);
        for (int i = 0; i < 10_000; i++)
            run.Receive(i);
        run.Until(10_000).Checks.ShouldBe(1);
        run.NextCheck.ShouldBe(Liveness.FirstPing + Interval);
    }

    // Snow 15: 60 s and 15 s were hard-coded.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(100, 5_000)]
    [InlineData(60_000, 15_000)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void Interval_and_deadline_are_what_was_asked_for(long interval, long deadline) =>
        new LivenessRun(interval, deadline, start: -7).Until(long.MaxValue).DeadAt.ShouldBe(-7 + interval + deadline);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(-1, 1)]
    [InlineData(1, 1L + int.MaxValue)]
    [InlineData(1L + int.MaxValue, 1)]
    public void Spans_without_a_meaning_are_refused(long interval, long deadline) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new Liveness(interval, deadline, 0));

    // wallhack 8: a missing pong never closed anything.
    [Fact]
    public void A_peer_that_stops_to_answer_dies_although_it_answered_before()
    {
        var run = new LivenessRun(Interval, Deadline, start: 0) { AnswersAfter = at => at < 100_000 ? 20 : null };
        run.Until(long.MaxValue);
        run.DeadAt.ShouldBe(run.LastReceived + Interval + Deadline);
    }

    [Fact]
    public void The_RTT_stays_fresh_although_bytes_flow()
    {
        var run = new LivenessRun(1_000, 1_000, start: 0) { AnswersAfter = _ => 30 };
        for (long at = 0; at < 60_000; at += 100)
            run.Receive(at);
        run.Until(60_000);

        var gaps = run.Pings.Zip(run.Pings.Skip(1), (a, b) => b - a).ToList();
        gaps.ShouldAllBe(gap => gap >= 4_000 && gap <= 4_000 + 30 + 1);
        gaps.Count.ShouldBe(14);
    }

    [Fact]
    public void An_RTT_ping_without_a_pong_is_repeated_once_an_interval_and_kills_nobody()
    {
        var run = new LivenessRun(1_000, 1_000, start: 0);
        for (long at = 0; at < 60_000; at += 100)
            run.Receive(at);
        run.Until(59_000).DeadAt.ShouldBeNull();
        run.Pings.ShouldBe(Enumerable.Range(0, 59).Select(i => Liveness.FirstPing + (i * 1_000L)));
    }

    [Fact]
    public void A_node_that_slept_accuses_nobody()
    {
        // Asleep at any point, for any time: what the living peer sent meanwhile is read only after the first check.
        foreach (long slept in new long[] { 3_000, 7_000, 11_000, 15_000, 20_000, 30_000, 86_400_000 })
        {
            for (long from = 0; from < 2 * (Interval + Deadline); from += 250)
            {
                long wake = from + slept;
                var run = new LivenessRun(Interval, Deadline, start: 0)
                {
                    ChecksAt = due => due > from && due < wake ? wake : due,
                    AnswersAfter = at => at + 100 > from && at + 100 < wake + 50 ? wake + 50 - at : 100,
                };
                run.Until(wake + 3_600_000).DeadAt.ShouldBeNull($"asleep from {from} for {slept} ms");
            }
        }
    }

    [Fact]
    public void A_peer_that_died_while_the_node_slept_gets_one_more_deadline()
    {
        const long Wake = 100_000;
        var run = new LivenessRun(Interval, Deadline, start: 0) { ChecksAt = due => due is > 16_000 and < Wake ? Wake : due };
        run.Until(long.MaxValue).DeadAt.ShouldBe(Wake + Deadline);
        run.Pings.ShouldBe([Liveness.FirstPing, Interval, Wake]);
    }

    [Theory]
    [InlineData(15_000, 15_000, 3_750)]
    [InlineData(60_000, 15_000, 3_750)]
    [InlineData(2_000, 60_000, 500)]
    [InlineData(500, 500, 250)]
    public void A_check_may_be_late_by_a_quarter_of_the_shorter_span_and_by_250_ms(long interval, long deadline, long tolerance)
    {
        new Liveness(interval, deadline, 0).Tolerance.ShouldBe(tolerance);

        long dead = interval + deadline;
        DeadAtLateness(tolerance).ShouldBe(dead + tolerance);
        DeadAtLateness(tolerance + 1).ShouldBe(dead + tolerance + 1 + deadline);

        long? DeadAtLateness(long lateness) => new LivenessRun(interval, deadline, start: 0)
        {
            ChecksAt = due => due == dead ? due + lateness : due,
        }.Until(long.MaxValue).DeadAt;
    }

    [Fact]
    public void An_early_check_changes_nothing()
    {
        var run = new LivenessRun(1_000, 1_000, start: 0) { AnswersAfter = at => at < 20_000 ? 10 : null };
        long lastDue = 0;
        var early = new LivenessRun(1_000, 1_000, start: 0)
        {
            AnswersAfter = run.AnswersAfter,
            ChecksAt = due => lastDue == due ? due : (lastDue = due) - 1,
        };
        early.Until(long.MaxValue).DeadAt.ShouldBe(run.Until(long.MaxValue).DeadAt);
        early.Pings.ShouldBe(run.Pings);
    }

    private static Arbitrary<(long Interval, long Deadline)> Spans =>
        (from interval in Gen.Choose(1, 30_000) from deadline in Gen.Choose(1, 30_000) select ((long)interval, (long)deadline)).ToArbitrary();
}
