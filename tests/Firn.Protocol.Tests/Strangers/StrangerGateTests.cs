namespace Firn.Protocol.Tests;

public class StrangerGateTests
{
    private const int Attacker = 1;
    private const int Honest = 2;
    private static readonly StrangerLimits Default = new();

    [Fact]
    public void Any_course_of_events_keeps_the_limits_and_the_turns() => Fuzz.Run(Fuzz.Cases / 200, mutator =>
    {
        var limits = new StrangerLimits(1 + mutator.Next(8), 1 + mutator.Next(4), 1 + mutator.Next(10), 1_000);
        var run = new GateRun(limits);
        int sources = 1 + mutator.Next(8);
        for (int step = 0; step < 150; step++)
        {
            run.Now += mutator.Chance(3) ? mutator.Next(120) : 0;
            switch (mutator.Next(8))
            {
                case < 4:
                    run.Arrive(mutator.Chance(2) ? 0 : mutator.Next(sources));
                    break;
                case 4 when run.Here.Count > 0:
                    run.Prove(mutator.Pick([.. run.Here]).Id);
                    break;
                case < 7 when run.Here.Count > 0:
                    run.Finish(mutator.Pick([.. run.Here]).Id);
                    break;
                default:
                    run.Expire();
                    break;
            }
        }

        run.Now += 1_000;
        run.Expire();
        run.Here.ShouldBeEmpty();
    });

    [Fact]
    public void The_limits_are_those_of_the_design()
    {
        var run = new GateRun(Default);
        for (int i = 0; i < 64 + 32; i++)
            run.Arrive(Attacker);
        run.Started.ShouldBe(64);
        run.Waiting.Count().ShouldBe(32);
        run.Log.ShouldNotContain(a => a.Verb == StrangerVerb.Drop);
        run.Arrive(Attacker);
        run.Log.Count(a => a.Why == StrangerDrop.ParkingFull).ShouldBe(1);
        run.NextExpiry.ShouldBe(10_000);

        run = new GateRun(Default);
        for (int i = 0; i < 64 + 1_024; i++)
            run.Arrive(i);
        run.Log.ShouldNotContain(a => a.Verb == StrangerVerb.Drop);
        run.Arrive(5_000);
        run.Log.Count(a => a.Why == StrangerDrop.ParkingFull).ShouldBe(1);
    }

    [Fact]
    public void An_honest_source_starts_at_once_while_another_floods()
    {
        var run = new GateRun(Default);
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < 200; i++)
                run.Arrive(Attacker);
            long honest = run.Arrive(Honest);
            run.IsStarted(honest).ShouldBeTrue();
            for (int i = 0; i < 200; i++)
                run.Arrive(Attacker);
            run.IsStarted(honest).ShouldBeTrue("a flood evicts no one else");
            run.Finish(honest);
        }
    }

    [Fact]
    public void Fifty_honest_sources_join_while_another_floods()
    {
        var run = new GateRun(Default);
        for (int i = 0; i < 500; i++)
            run.Arrive(Attacker);
        var honest = Enumerable.Range(0, 50).Select(i => run.Arrive(100 + i)).ToList();
        for (int i = 0; i < 500; i++)
            run.Arrive(Attacker);

        while (honest.Find(run.IsStarted) is var next && honest.Count > 0)
        {
            run.IsStarted(next).ShouldBeTrue("one of them always runs");
            run.Finish(next);
            honest.Remove(next);
        }

        run.Log.Where(a => a.Verb == StrangerVerb.Drop).ShouldAllBe(a => a.Id < 500 || a.Id >= 550);
    }

    [Fact]
    public void A_source_that_proved_all_its_handshakes_makes_room_with_the_next_free_slot()
    {
        var run = new GateRun(Default);
        var insider = Enumerable.Range(0, 64 + 32).Select(_ => run.Arrive(Attacker)).ToList();
        insider.ForEach(run.Prove);
        long honest = run.Arrive(Honest);
        run.IsStarted(honest).ShouldBeFalse();
        run.Finish(insider[0]);
        run.IsStarted(honest).ShouldBeTrue();
    }

    [Fact]
    public void Two_sources_get_half_each()
    {
        var run = new GateRun(Default);
        for (int i = 0; i < 64; i++)
            run.Arrive(Attacker);
        for (int i = 0; i < 64; i++)
            run.Arrive(Honest);
        run.StartedOf(Attacker).ShouldBe(32);
        run.StartedOf(Honest).ShouldBe(32);
        run.Waiting.Count().ShouldBe(32);
    }

    [Fact]
    public void A_lone_source_uses_every_slot()
    {
        var run = new GateRun(Default);
        var ids = Enumerable.Range(0, 96).Select(_ => run.Arrive(Honest)).ToList();
        ids.ForEach(run.Finish);
        run.Log.Count(a => a.Verb == StrangerVerb.Start).ShouldBe(96);
    }

    [Fact]
    public void Those_that_wait_are_served_source_by_source()
    {
        var run = new GateRun(Default with { InProgress = 4 });
        var running = Enumerable.Range(100, 4).Select(run.Arrive).ToList();
        long[] a = [run.Arrive(1), run.Arrive(1), run.Arrive(1)];
        long[] b = [run.Arrive(2)];
        long[] c = [run.Arrive(3), run.Arrive(3)];

        var order = new List<long>();
        for (long next = running[0]; order.Count < 6;)
        {
            run.Finish(next);
            order.Add(next = run.Log[^1].Id);
        }

        order.ShouldBe([a[0], b[0], c[0], a[1], c[1], a[2]]);
    }

    [Fact]
    public void Waiting_counts_towards_the_deadline()
    {
        var run = new GateRun(Default with { InProgress = 2 });
        long first = run.Arrive(1), second = run.Arrive(2);
        run.Now = 4_000;
        long parked = run.Arrive(3), alsoParked = run.Arrive(4);
        run.Now = 9_999;
        run.Expire();
        run.Started.ShouldBe(2);

        run.Now = 10_000;
        run.Expire();
        run.Log[^4..].ShouldBe(
        [
            new(StrangerVerb.Drop, first, StrangerDrop.HandshakeTooLong), new(StrangerVerb.Drop, second, StrangerDrop.HandshakeTooLong),
            new(StrangerVerb.Start, parked), new(StrangerVerb.Start, alsoParked),
        ]);
        run.NextExpiry.ShouldBe(14_000);

        long last = run.Arrive(5);
        run.Now = 20_000;
        run.Expire();
        run.Log[^1].ShouldBe(new(StrangerVerb.Drop, last, StrangerDrop.WaitedTooLong));
    }

    [Fact]
    public void A_proved_handshake_has_the_same_deadline()
    {
        var run = new GateRun(Default);
        long id = run.Arrive(1);
        run.Prove(id);
        run.Now = 10_000;
        run.Expire();
        run.IsHere(id).ShouldBeFalse();
    }

    [Fact]
    public void Word_of_a_connection_that_is_gone_changes_nothing()
    {
        var gate = new StrangerGate();
        gate.Proved(7);
        gate.Finished(7).ShouldBeEmpty();
        gate.Expire(long.MaxValue).ShouldBeEmpty();
        gate.Arrive(7, GateRun.SourceOf(1), 0);
        Should.Throw<ArgumentException>(() => gate.Arrive(7, GateRun.SourceOf(2), 0));
        (gate.InProgress, gate.Sources).ShouldBe((1, 1));
    }

    // Snow 16: a global limiter of failures let one attacker lock out all. Nothing here is remembered of who has gone.
    [Fact]
    public void A_flood_from_everywhere_leaves_nothing_behind()
    {
        var gate = new StrangerGate();
        for (int i = 0; i < 100_000; i++)
            gate.Arrive(i, GateRun.SourceOf(i), i / 10);
        (gate.InProgress, gate.Parked).ShouldBe((64, 1_024));
        gate.Sources.ShouldBeLessThanOrEqualTo(64 + 1_024);
        gate.Expire(1_000_000);
        (gate.InProgress, gate.Parked, gate.Sources, gate.NextExpiry).ShouldBe((0, 0, 0, null));
        gate.Arrive(-1, GateRun.SourceOf(1), 1_000_000).ShouldBe([new(StrangerVerb.Start, -1)]);
    }
}
