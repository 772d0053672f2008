using System.Net;

namespace Firn.Protocol.Tests.Mdns;

/// <summary>Many nodes on one link, in virtual time.</summary>
public sealed class SimulatedLinkTests
{
    [Fact]
    public void Two_find_each_other_and_where_they_are()
    {
        var cable = new Cable();
        var a = cable.Add("a");
        cable.RunFor(10_000);
        var b = cable.Add("b");

        long took = cable.Run(() => b.Sees(a));
        took.ShouldBeLessThan(300, "one is there already, and answers at once");
        cable.Run(() => a.Sees(b)).ShouldBeLessThan(1_500, "the other announces itself once its name is its own");

        a.Found.Values.Single().Addresses!.Select(x => x.ToString()).ShouldBe([$"tcp://{b.Address}:3476"]);
        a.Found.Values.Single().Did.ShouldBe(b.Did);
        a.Found.Keys.Single().ShouldStartWith("b@host ");
    }

    [Fact]
    public void A_goodbye_removes_at_once_and_a_death_within_two_minutes()
    {
        var cable = new Cable();
        var (a, b, c) = (cable.Add("a"), cable.Add("b"), cable.Add("c"));
        cable.Run(() => a.Sees(b) && a.Sees(c));

        b.Stop();
        cable.Run(() => !a.Sees(b)).ShouldBeLessThanOrEqualTo(1_010);
        c.Die();
        cable.Run(() => !a.Sees(c), 130_000).ShouldBeLessThanOrEqualTo(121_000);
        cable.RunFor(5_000_000);
        a.Zone.Browser.Count.ShouldBe(0);
        a.Zone.Browser.HostCount.ShouldBe(0);
    }

    /// <summary>Others still know its records, whatever it is about to find out.</summary>
    [Fact]
    public void A_node_that_claims_its_names_again_takes_its_records_back_as_well()
    {
        var cable = new Cable();
        var (a, b) = (cable.Add("a"), cable.Add("b"));
        cable.Run(() => a.Sees(b));
        b.Zone.Responder.ClaimAgain(cable.Now);

        b.Stop();

        cable.Run(() => !a.Sees(b)).ShouldBeLessThanOrEqualTo(1_010);
    }

    [Fact]
    public void Who_lives_on_stays_found_for_days()
    {
        var cable = new Cable();
        var (a, b) = (cable.Add("a"), cable.Add("b"));
        cable.Run(() => a.Sees(b) && b.Sees(a));
        int before = a.Told.Count;

        cable.RunFor(2 * 86_400_000L);

        a.Told.Count.ShouldBe(before);
        (cable.CountOf(a) + cable.CountOf(b)).ShouldBeLessThan(2 * 86_400 / 96 * 6, "a question and an answer for each refresh of either's SRV and A");
    }

    [Fact]
    public void Nodes_of_other_clusters_are_not_told_and_nothing_is_asked_about_them()
    {
        var cable = new Cable();
        var a = cable.Add("a");
        var strangers = Enumerable.Range(0, 10).Select(i => cable.Add($"s{i}", Policies.Cookies(Policies.KeyOf(9)))).ToList();
        cable.RunFor(20_000);

        a.Told.ShouldBeEmpty();
        a.Zone.Browser.HostCount.ShouldBe(0);
        a.Zone.Browser.Count.ShouldBe(10);
        strangers.ShouldAllBe(s => s.Found.Count == 9);
    }

    [Fact]
    public void Nobody_finds_itself_nor_answers_itself()
    {
        var cable = new Cable();
        var a = cable.Add("a");
        cable.RunFor(100_000);

        a.Told.ShouldBeEmpty();
        // 3 probes, 3 announcements, and the questions after 0, 1, 3, 7, 15, 31 and 63 seconds.
        cable.CountOf(a).ShouldBe(3 + 3 + 7);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(6, true)]
    [InlineData(6, false)]
    public void Those_of_one_name_number_themselves(int count, bool atOnce)
    {
        for (int seed = 1; seed <= (LongRun.IsOn ? 200 : 8); seed++)
        {
            var cable = new Cable(seed);
            for (int i = 0; i < count; i++)
            {
                cable.Add("same");
                if (!atOnce)
                    cable.RunFor(330 * seed);
            }

            cable.Run(() => cable.Hosts.All(h => h.Found.Count == count - 1));
            cable.RunFor(10_000);
            cable.Hosts.Select(h => h.Label).Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(count);
            cable.Hosts.ShouldContain(h => h.Label == "same@host");
            cable.Hosts.ShouldContain(h => h.Label == $"same@host ({count})");
            cable.Hosts.ShouldAllBe(h => h.Found.Count == count - 1);
        }
    }

    [Fact]
    public void Two_links_that_become_one_resolve_what_both_had()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var cable = new Cable(seed) { Reaches = static (from, to) => from == to };
            var a = cable.Add("same");
            cable.RunFor(700 * seed);
            var b = cable.Add("same");
            cable.RunFor(20_000);
            (a.Label, b.Label).ShouldBe(("same@host", "same@host"));

            // The cable is mended without either noticing that it was broken: the next question tells.
            cable.Reaches = static (_, _) => true;
            cable.Run(() => a.Sees(b) && b.Sees(a));
            cable.RunFor(10_000);
            a.Label.ShouldNotBe(b.Label);
        }
    }

    [Fact]
    public void A_name_of_63_bytes_is_cut_to_be_numbered()
    {
        var name = NodeName.Parse($"{new string('n', 60)}@{new string('h', 60)}");
        MdnsNames.InstanceLabel(name, 1).Length.ShouldBe(63);
        MdnsNames.InstanceLabel(name, 12).ShouldBe($"{new string('n', 58)} (12)");
    }

    [Theory]
    [InlineData(0.3, 0)]
    [InlineData(0, 0.5)]
    [InlineData(0.3, 0.3)]
    public void Lost_and_doubled_packets_only_cost_time(double loss, double doubled)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            var cable = new Cable(seed, loss, doubled);
            for (int i = 0; i < 10; i++)
                cable.Add($"n{i}");
            cable.Run(() => cable.Hosts.All(h => h.Found.Count == 9), 600_000);
            cable.RunFor(600_000);
            cable.Hosts.Select(h => h.Label).ShouldAllBe(label => !label.Contains('('));
        }
    }

    [Fact]
    public void A_sleep_loses_nobody_for_long()
    {
        var cable = new Cable();
        for (int i = 0; i < 5; i++)
            cable.Add($"n{i}");
        cable.Run(() => cable.Hosts.All(h => h.Found.Count == 4));
        long before = cable.Now;

        cable.Sleep(8 * 3_600_000L);

        cable.RunFor(1);
        cable.Run(() => cable.Hosts.All(h => h.Found.Count == 4), 10_000);
        cable.Sent.Count(s => s.At > before + 8 * 3_600_000L).ShouldBeLessThan(300);
    }

    [Fact]
    public void Many_that_start_at_once_make_no_storm()
    {
        int count = LongRun.IsOn ? 100 : 40;
        var cable = new Cable();
        for (int i = 0; i < count; i++)
            cable.Add($"n{i}");
        cable.Run(() => cable.Hosts.All(h => h.Found.Count == count - 1), 10_000);
        cable.RunFor(60_000 - cable.Now);

        // Each: 3 probes, 3 announcements, few questions, few answers. What many ask is asked once, and answered once.
        cable.Sent.Count.ShouldBeLessThan(count * 20);
        foreach (var second in cable.Sent.GroupBy(s => (s.From, s.At / 1000)))
            second.Count().ShouldBeLessThanOrEqualTo(8);

        // At rest, each SRV and A lives 120 seconds: one asks for all, its owner answers.
        long rested = cable.Now;
        cable.RunFor(300_000);
        cable.Sent.Count(s => s.At > rested).ShouldBeLessThan(count * 300 / 96 * 4);
        cable.Hosts.ShouldAllBe(h => h.Found.Count == count - 1);
    }

    [Fact]
    public void A_new_day_is_told_and_loses_nobody()
    {
        var cable = new Cable();
        var (a, b) = (cable.Add("a"), cable.Add("b"));
        cable.Run(() => a.Sees(b) && b.Sees(a));
        int told = a.Told.Count;

        for (uint day = 20_001; day < 20_005; day++)
        {
            a.TurnDay(day);
            cable.RunFor(600_000);
            b.TurnDay(day);
            cable.RunFor(86_000_000);
        }

        (a.Told.Count, b.Told.Count).ShouldBe((told, told));
        var late = cable.Add("late", day: 20_004);
        cable.Run(() => late.Found.Count == 2 && a.Sees(late) && b.Sees(late));
    }

    [Fact]
    public void A_new_address_takes_the_place_of_the_old_one()
    {
        var cable = new Cable();
        var (a, b) = (cable.Add("a"), cable.Add("b"));
        cable.Run(() => a.Sees(b) && b.Sees(a));
        cable.RunFor(5_000);

        b.Plug(IPAddress.Parse("10.0.1.77"));

        cable.Run(() => a.Found.Values.Single().Addresses!.Any(x => x.Host == "10.0.1.77")).ShouldBeLessThan(1_500);
        cable.Run(() => a.Found.Values.Single().Addresses!.Count == 1).ShouldBeLessThanOrEqualTo(3_500);
        b.Label.ShouldBe("b@host");
    }
}
