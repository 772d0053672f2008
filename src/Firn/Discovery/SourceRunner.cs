using Firn.Protocol;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Discovery;

/// <summary>
/// Listens to every source of peers and brings what it says to the rules. One that throws loses what it said, and is asked again after a
/// pause that grows from 1 second to 5 minutes.
/// </summary>
internal sealed partial class SourceRunner(NodeCore node) : IAsyncDisposable
{
    private const long FirstPause = 1_000, LongestPause = 300_000;

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskGroup _sources = new();
    private int _started;

    /// <summary>Starts to listen to <paramref name="source"/>, which is believed as far as <paramref name="kind"/> says.</summary>
    public void Start(IPeerSource source, DialKind kind, NodeSelf self)
    {
        int number = ++_started;   // two sources may have one name
        _sources.Run(() => RunAsync(source, kind, $"{source.Name}/{number}", self));
    }

    /// <summary>Cancels all sources and waits for their ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _sources.CloseAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(IPeerSource source, DialKind kind, string id, NodeSelf self)
    {
        var backoff = new Backoff(FirstPause, LongestPause);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                backoff.OnUp(node.Clock.Now);
                await foreach (var sighting in source.WatchAsync(self, _stopping.Token).WithCancellation(_stopping.Token).ConfigureAwait(false))
                    Take(sighting, kind, id);
                return;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A source may be the user's code: whatever it throws is logged, and it is asked again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                backoff.OnDown(node.Clock.Now);
                var pause = TimeSpan.FromMilliseconds(FirstPause + backoff.Next(Random.Shared.NextDouble()));
                LogSourceFailed(node.Logger, source.Name, pause.TotalSeconds, e);
                node.Tell((rules, _) => rules.Dials.OnSourceGone(id));
                await Task.Delay(pause, node.Clock.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Take(PeerSighting sighting, DialKind kind, string id)
    {
        if (sighting.Key.Length > Sighting.MaxKeyLength)
        {
            LogKeyTooLong(node.Logger, id, sighting.Key.Length);
            return;
        }

        if (sighting is PeerFound found)
        {
            NodeAddress[] addresses = [.. found.Addresses];   // here and now: the list may be the user's code
            node.Tell((rules, now) => rules.OnFound(new Sighting(kind, id, found.Key, addresses, found.Did), now));
        }
        else if (sighting is PeerLost lost)
            node.Tell((rules, _) => rules.Dials.OnLost(id, lost.Key));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The source of peers {Source} has failed; it is asked again in {Seconds:0.#} s")]
    private static partial void LogSourceFailed(ILogger logger, string source, double seconds, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The source of peers {Source} says a place with a key of {Length} characters: passed over")]
    private static partial void LogKeyTooLong(ILogger logger, string source, int length);
}
