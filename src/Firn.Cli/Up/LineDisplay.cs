using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>One line per event, for logs and pipes.</summary>
internal sealed class LineDisplay(TextWriter output) : IUpDisplay
{
    public Action<string>? Log => null;

    /// <summary>The first lines: who this is, where it listens, and how others join.</summary>
    public static IEnumerable<string> Greeting(StatusBody self, IReadOnlyList<string> joining) =>
        [$"{self.Name} is up", self.Did, .. self.Listening.Select(address => $"listening on {address}"), .. joining];

    public async Task ShowAsync(
        IControlledNode node, IReadOnlyList<string> joining, IAsyncEnumerable<EventBody> events, CancellationToken stop)
    {
        foreach (string line in Greeting(node.Status(), joining))
            output.WriteLine(line);
        await foreach (var e in events.WithCancellation(stop))
            output.WriteLine(EventLines.WithTime(e));
    }

    public void Stopped() => output.WriteLine("stopped");
}
