using System.Diagnostics;
using Xunit.Abstractions;

namespace Firn.Protocol.Tests;

/// <summary>One session per pair, whatever crosses: every order of events, enumerated.</summary>
public class PairInterleavingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("AA")]
    [InlineData("AB")]
    [InlineData("BB")]
    [InlineData("AAB")]
    [InlineData("ABB")]
    public void Without_losses_every_dial_completes_with_the_one_session_and_nothing_flaps(string dials) => Explore(dials, new PairFaults());

    [Theory]
    [InlineData("A")]
    [InlineData("AA")]
    [InlineData("AB")]
    [InlineData("BB")]
    [InlineData("AAB")]
    [InlineData("ABB")]
    public void A_message_may_take_seconds(string dials) => Explore(dials, new PairFaults(Waits: 2));

    [Theory]
    [InlineData("AA", 2)]
    [InlineData("AB", 2)]
    [InlineData("BB", 2)]
    [InlineData("AAB", 1)]
    [InlineData("ABB", 1)]
    public void With_losses_both_ends_agree_in_the_end_and_a_redial_connects_them(string dials, int breaks) =>
        Explore(dials, new PairFaults(Breaks: breaks));

    [Theory]
    [InlineData("AA")]
    [InlineData("AB")]
    [InlineData("BB")]
    [InlineData("AAB")]
    [InlineData("ABB")]
    public void With_a_restart_both_ends_agree_in_the_end_and_a_redial_connects_them(string dials) =>
        Explore(dials, new PairFaults(Restarts: 1));

    [LongTheory]
    [InlineData("AABB", 0, 0, 0)]
    [InlineData("AABB", 0, 1, 0)]
    [InlineData("AABB", 1, 0, 0)]
    [InlineData("AB", 2, 1, 0)]
    [InlineData("AAB", 2, 1, 0)]
    [InlineData("ABB", 2, 1, 0)]
    [InlineData("AAB", 1, 1, 1)]
    [InlineData("ABB", 1, 1, 1)]
    [InlineData("AB", 2, 2, 2)]
    public void The_same_with_more_of_everything(string dials, int breaks, int waits, int restarts) =>
        Explore(dials, new PairFaults(breaks, waits, restarts));

    private void Explore(string dials, PairFaults faults)
    {
        var clock = Stopwatch.StartNew();
        var explorer = new PairExplorer([.. dials.Select(d => d - 'A')], faults);
        explorer.Run();
        explorer.Ends.ShouldBeGreaterThan(0);
        output.WriteLine($"{dials} {faults}: {explorer.States} states, {explorer.Ends} at rest, {clock.ElapsedMilliseconds} ms");
    }
}
