using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>JSON lines: <c>started</c> with the status, then every event, then <c>stopped</c>.</summary>
internal sealed class JsonDisplay(TextWriter output) : IUpDisplay
{
    public Action<string>? Log => null;

    public async Task ShowAsync(
        IControlledNode node, IReadOnlyList<string> joining, IAsyncEnumerable<EventBody> events, CancellationToken stop)
    {
        output.WriteLine(JsonLines.Started(node.Status()));
        output.Flush();
        await foreach (var e in events.WithCancellation(stop))
            JsonLines.Write(output, e, ControlJson.Default.EventBody);
    }

    public void Stopped() => JsonLines.Write(output, new EventBody("stopped", DateTime.UtcNow), ControlJson.Default.EventBody);
}
