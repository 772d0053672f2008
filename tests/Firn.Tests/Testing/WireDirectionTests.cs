using System.Diagnostics;

using Firn.Testing;

namespace Firn.Tests.Testing;

public class WireDirectionTests
{
    private static readonly LinkConditions Rough = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(50), 0.2);
    private static readonly long Second = Stopwatch.Frequency;

    [Fact]
    public void A_packet_comes_out_when_its_delay_is_over_and_not_before()
    {
        var wire = new WireDirection(seed: 1);
        long sent = 7 * Second;

        wire.Send([1, 2, 3], sent, new LinkConditions(TimeSpan.FromMilliseconds(100)));

        wire.NextDue.ShouldBe(sent + Second / 10);
        wire.TryReceive(sent + Second / 10 - 1, out _).ShouldBeFalse();
        wire.TryReceive(sent + Second / 10, out byte[]? packet).ShouldBeTrue();
        packet.ShouldBe([1, 2, 3]);
        wire.NextDue.ShouldBeNull();
    }

    [Fact]
    public void Packets_do_not_overtake_each_other_when_the_delay_shrinks()
    {
        var wire = new WireDirection(seed: 1);

        wire.Send([1], 0, new LinkConditions(TimeSpan.FromMilliseconds(100)));
        wire.Send([2], 0, new LinkConditions());

        wire.TryReceive(0, out _).ShouldBeFalse();
        wire.TryReceive(Second / 10, out byte[]? first).ShouldBeTrue();
        wire.TryReceive(Second / 10, out byte[]? second).ShouldBeTrue();
        (first![0], second![0]).ShouldBe(((byte)1, (byte)2));
    }

    [Fact]
    public void The_same_seed_brings_the_same_fate_and_another_seed_another()
    {
        Fates(seed: 5).ShouldBe(Fates(seed: 5));
        Fates(seed: 5).ShouldNotBe(Fates(seed: 6));
    }

    [Fact]
    public void Loss_and_jitter_are_as_large_as_told()
    {
        long?[] fates = Fates(seed: 42);

        (fates.Count(due => due is null) / (double)fates.Length).ShouldBe(0.2, 0.02);
        fates.ShouldAllBe(due => due == null || due >= Second / 10 && due <= Second * 15 / 100);
        fates.Average().ShouldNotBeNull().ShouldBe(Second * 0.125, Second * 0.002);
    }

    [Fact]
    public void A_full_wire_drops_what_is_sent_on_top()
    {
        var wire = new WireDirection(seed: 1);
        for (int i = 0; i < WireDirection.Capacity; i++)
        {
            wire.Send([1], 0, new LinkConditions()).ShouldBeTrue();
        }

        wire.Send([1], 0, new LinkConditions()).ShouldBeFalse();
    }

    /// <summary>When each of many packets, sent on its own at time 0 of its own clock, comes out.</summary>
    private static long?[] Fates(int seed)
    {
        var wire = new WireDirection(seed);
        return [.. Enumerable.Range(0, 10_000).Select(i => Fate(wire, sent: i * Second))];
    }

    private static long? Fate(WireDirection wire, long sent)
    {
        long? delay = wire.Send([1], sent, Rough) ? wire.NextDue - sent : null;
        wire.TryReceive(sent + Second, out _);
        return delay;
    }
}
