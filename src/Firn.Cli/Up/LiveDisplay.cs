using Firn.AspNetCore;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Firn.Cli;

/// <summary>A table of the peers that stays at the bottom of a terminal; what happens scrolls above it.</summary>
internal sealed class LiveDisplay : IUpDisplay
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    public Action<string>? Log { get; } = WriteAbove;

    public async Task ShowAsync(
        IControlledNode node, IReadOnlyList<string> joining, IAsyncEnumerable<EventBody> events, CancellationToken stop)
    {
        foreach (string line in LineDisplay.Greeting(node.Status(), joining))
            AnsiConsole.WriteLine(line);
        await AnsiConsole.Live(Table(node.Peers())).AutoClear(true).StartAsync(live => Task.WhenAll(
            ShowEventsAsync(node, events, live, stop), KeepCurrentAsync(node, live, stop)));
    }

    public void Stopped() => AnsiConsole.WriteLine("said goodbye");

    private static async Task ShowEventsAsync(
        IControlledNode node, IAsyncEnumerable<EventBody> events, LiveDisplayContext live, CancellationToken stop)
    {
        await foreach (var e in events.WithCancellation(stop))
        {
            WriteAbove(EventLines.WithTime(e));
            live.UpdateTarget(Table(node.Peers()));
        }
    }

    private static async Task KeepCurrentAsync(IControlledNode node, LiveDisplayContext live, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Refresh);
        while (await timer.WaitForNextTickAsync(stop))
            live.UpdateTarget(Table(node.Peers()));
    }

    /// <summary>Spectre writes where the table begins, over it, and draws the table again below.</summary>
    private static void WriteAbove(string line) => AnsiConsole.Write(new LineOnCleanGround(line));

    private static Table Table(IReadOnlyList<PeerBody> peers)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (string heading in PeerRows.Headings)
            table.AddColumn(new TableColumn(new Text(heading)).NoWrap());
        foreach (var peer in peers)
            table.AddRow(PeerRows.Row(peer, DateTime.UtcNow).Select(cell => new Text(cell)));
        if (peers.Count == 0)
            table.AddRow(new Text("no peers yet"));
        return table;
    }
}

/// <summary>A line for which everything from the cursor to the end of the screen is erased first.</summary>
internal sealed class LineOnCleanGround(string line) : Renderable
{
    private const string EraseBelow = "\u001b[J";   // ED 0 (ECMA-48, section 8.3.39)

    private readonly IRenderable _line = new Text(line);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
        [Segment.Control(EraseBelow), .. _line.Render(options, maxWidth), Segment.LineBreak];
}
