using System.Globalization;
using System.Text.RegularExpressions;

using Firn.Testing;

using Xunit.Abstractions;

namespace Firn.Interop.Tests;

/// <summary>A link of 20 Mbit/s that bulk fills: what is small gets through all the same.</summary>
public sealed partial class NarrowLinkTests(ITestOutputHelper report) : TwoMachineTests
{
    private const double BytesPerSecond = 20e6 / 8;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(1.5);

    [NamespaceFact("tc")]
    public async Task Control_is_not_stuck_behind_bulk()
    {
        await using TunLink link = await LinkAsync(new LinkConditions(TimeSpan.FromMilliseconds(5)));
        await Task.WhenAll(NarrowAsync(link.A), NarrowAsync(link.B));
        (FirnNode a, FirnNode b) = await ConnectAsync(link, "--ping-interval", "1s", "--ping-deadline", "3s");

        ChildProcess pinging = HomeA.Start("ping", b.Name, "-i", "20ms", "--node", a.Name);
        Task<CommandResult> load = a.RunAsync("bench", b.Name, "--seconds", $"{Phase.TotalMilliseconds}ms", "--json");
        OutputLine begun = await pinging.WaitForLineAsync(line => RoundTrip().IsMatch(line));
        int calls = 0;
        for (; !load.IsCompleted; calls++)
            (await a.RunAsync("names", b.Name)).ExitCode.ShouldBe(0);
        pinging.Send(Signal.Interrupt);
        await pinging.WaitForExitAsync();

        // The first phase calls, one at a time: all others fill the link, one way or the other.
        double[] times = [.. from line in pinging.Output.Lines
            where line.At > begun.At + Phase && RoundTrip().IsMatch(line.Text)
            select double.Parse(RoundTrip().Match(line.Text).Groups[1].Value, CultureInfo.InvariantCulture) into time
            orderby time
            select time];
        double best = (await load).Json.GetProperty("figures").EnumerateArray().Max(figure => figure.GetProperty("bytesPerSecond").GetDouble());
        report.WriteLine($"{times.Length} pings: p50 {times[times.Length / 2]} ms, p99 {times[times.Length * 99 / 100]} ms, most {times[^1]} ms");
        report.WriteLine($"{calls} calls; at best {best / 1e6:0.00} MB/s");

        // What waits in a session's windows at this rate would hold up a ping for longer than the deadline.
        best.ShouldBeGreaterThan(0.25 * BytesPerSecond);
        times.ShouldNotBeEmpty();
        calls.ShouldBeGreaterThan(0);
        (a.Count("peerDown"), b.Count("peerDown")).ShouldBe((0, 0));
    }

    private static async Task NarrowAsync(LinkEnd end)
    {
        CommandResult shaped = await end.Network.RunAsync(
            "tc", "qdisc", "replace", "dev", end.Device, "root", "tbf", "rate", "20mbit", "burst", "32kb", "latency", "50ms");
        shaped.ExitCode.ShouldBe(0, shaped.Errors);
    }

    [GeneratedRegex(@" time=([\d.]+) ms")]
    private static partial Regex RoundTrip();
}
