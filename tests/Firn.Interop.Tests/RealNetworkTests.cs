using System.Text.Json;

using Firn.Testing;

using Xunit.Abstractions;

namespace Firn.Interop.Tests;

/// <summary>The tool on networks that are far, bad, cut and moved.</summary>
public sealed class RealNetworkTests(ITestOutputHelper report) : TwoMachineTests
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1";
    private static readonly string[] Impatient = ["--ping-interval", "400ms", "--ping-deadline", "600ms"];

    /// <summary>For what waits for TCP to send again: its pauses double while nothing comes through (RFC 6298, section 5.5).</summary>
    private static readonly TimeSpan LongCeiling = TimeSpan.FromSeconds(90);

    [NamespaceFact]
    public async Task The_least_of_20_pings_over_a_hundred_milliseconds_each_way_is_two_hundred()
    {
        await using TunLink link = await LinkAsync(new LinkConditions(TimeSpan.FromMilliseconds(100)));
        (FirnNode a, FirnNode b) = await ConnectAsync(link);

        JsonElement ping = (await b.RunAsync("ping", a.Name, "-c", "20", "-i", "10ms", "--json")).Json;

        report.WriteLine(ping.ToString());
        ping.GetProperty("received").GetInt32().ShouldBe(20);
        ping.GetProperty("minMs").GetDouble().ShouldBeInRange(200, 220);
    }

    [NamespaceFact]
    public async Task A_session_survives_the_loss_of_every_twentieth_packet()
    {
        await using TunLink link = await LinkAsync(new LinkConditions(TimeSpan.FromMilliseconds(5), Loss: 0.05));
        (FirnNode a, FirnNode b) = await ConnectAsync(link, "--ping-interval", "1s", "--ping-deadline", "5s");

        JsonElement[] pings = await Task.WhenAll(PingAsync(a, b), PingAsync(b, a));

        foreach (JsonElement ping in pings)
        {
            report.WriteLine(ping.ToString());
            ping.GetProperty("received").GetInt32().ShouldBe(ping.GetProperty("sent").GetInt32());
        }

        (a.Count("peerDown"), b.Count("peerDown")).ShouldBe((0, 0));
        (a.Count("peerUp"), b.Count("peerUp")).ShouldBe((1, 1));
    }

    [NamespaceFact]
    public async Task A_link_that_is_cut_is_noticed_at_both_ends_and_they_are_back_by_themselves()
    {
        await using TunLink link = await LinkAsync();
        (FirnNode a, FirnNode b) = await ConnectAsync(link, Impatient);
        (OutputLine markA, OutputLine markB) = (a.Mark, b.Mark);

        link.Cut();
        Task cutFor = Task.Delay(TimeSpan.FromSeconds(Long ? 30 : 5));
        OutputLine[] downs = await Task.WhenAll(a.SeesAsync("peerDown", b, markA), b.SeesAsync("peerDown", a, markB));
        downs.ShouldAllBe(down => Reason(down) == "timeout");
        await cutFor;
        a.Count("peerUp").ShouldBe(a.Count("peerDown"));

        link.Restore();
        TimeSpan restored = Now();
        OutputLine[] ups = await Task.WhenAll(
            a.SeesAsync("peerUp", b, downs[0], LongCeiling), b.SeesAsync("peerUp", a, downs[1], LongCeiling));
        report.WriteLine($"back {(ups.Max(up => up.At) - restored).TotalSeconds:0.0} s after the link was");
    }

    [NamespaceFact]
    public async Task A_machine_that_loses_power_and_is_back_elsewhere_takes_the_place_of_its_former_life_at_once()
    {
        await using TunLink link = await LinkAsync();
        (FirnNode a, FirnNode b) = await ConnectAsync(link);

        // Nothing of the end gets through, then or later, and a has 30 s to wait before it may give up.
        link.Cut();
        b.Process.Send(Signal.Kill);
        await b.Process.WaitForExitAsync();
        await link.B.ChangeAddressAsync("10.34.76.9/24");
        link.Restore();
        FirnNode reborn = await HomeB.UpAsync("--name", "b", "--peer", AddressOf(link.A));

        Reason(await a.SeesAsync("peerDown", b)).ShouldBe("superseded");
        await FirnNode.MeetAsync(a, reborn);
        a.Count("refused").ShouldBe(0);
    }

    [NamespaceFact]
    public async Task Who_dials_comes_back_from_its_new_address()
    {
        await using TunLink link = await LinkAsync();
        (FirnNode a, FirnNode b) = await ConnectAsync(link, [.. Impatient, "--mesh", "none"]); // only b knows where to dial
        (OutputLine markA, OutputLine markB) = (a.Mark, b.Mark);

        await link.B.ChangeAddressAsync("10.34.76.9/24");

        OutputLine[] ups = await Task.WhenAll(a.SeesAsync("peerUp", b, markA, LongCeiling), b.SeesAsync("peerUp", a, markB, LongCeiling));
        HostOf(ups[0]).ShouldBe("10.34.76.9");
    }

    [NamespaceFact]
    public async Task Who_is_dialled_and_moves_finds_its_mesh_again_by_what_that_told_of_itself()
    {
        await using TunLink link = await LinkAsync();
        (FirnNode a, FirnNode b) = await ConnectAsync(link, Impatient);
        (OutputLine markA, OutputLine markB) = (a.Mark, b.Mark);

        await link.A.ChangeAddressAsync("10.34.76.9/24"); // b is configured with an address that nobody has any more

        OutputLine[] ups = await Task.WhenAll(a.SeesAsync("peerUp", b, markA, LongCeiling), b.SeesAsync("peerUp", a, markB, LongCeiling));
        HostOf(ups[1]).ShouldBe("10.34.76.9");
        ups[0].Json().GetProperty("peer").GetProperty("direction").GetString().ShouldBe("outbound");
    }

    [NamespaceFact]
    public async Task A_network_without_IPv4_is_enough()
    {
        await using TunLink link = await LinkAsync("fd34:76::1/64", "fd34:76::2/64");
        (FirnNode a, FirnNode b) = await ConnectAsync(link);

        JsonElement ping = (await a.RunAsync("ping", b.Name, "-c", "3", "-i", "10ms", "--json")).Json;

        ping.GetProperty("received").GetInt32().ShouldBe(3);
        HostOf(await b.SeesAsync("peerUp", a)).ShouldBe("[fd34:76::1]");
    }

    private static async Task<JsonElement> PingAsync(FirnNode from, FirnNode to) =>
        (await from.RunAsync("ping", to.Name, "-c", Long ? "300" : "60", "-i", "20ms", "--json")).Json;

    private static TimeSpan Now() => System.Diagnostics.Stopwatch.GetElapsedTime(0);
}
