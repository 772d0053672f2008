using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>How <c>firn up</c> shows what happens.</summary>
internal interface IUpDisplay
{
    /// <summary>Where log lines go that must not disturb the display; null for standard error.</summary>
    Action<string>? Log { get; }

    /// <summary>Shows the node, how others join, and then events; ends when they do or by cancellation.</summary>
    Task ShowAsync(
        IControlledNode node, IReadOnlyList<string> joining, IAsyncEnumerable<EventBody> events, CancellationToken stop);

    /// <summary>The node has said goodbye.</summary>
    void Stopped();
}
