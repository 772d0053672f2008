using Firn.Protocol;
using Microsoft.Extensions.Logging;

namespace Firn.Runtime;

/// <summary>
/// Logs and tells of refused strangers. They decide how often they are refused; how many words that costs is decided here.
/// </summary>
internal sealed partial class RefusalReports(NodeCore node)
{
    private readonly Lock _gate = new();
    private TokenBucket _budget = new(burst: 128, perSecond: 8, node.Clock.Now);
    private long _silent;

    public void Report(string source, FailureReason reason, string message)
    {
        long others;
        lock (_gate)
        {
            if (!_budget.TryTake(node.Clock.Now))
            {
                _silent++;
                return;
            }

            (others, _silent) = (_silent, 0);
        }

        if (others > 0)
            message += $" ({others} more were refused before and not listed.)";
        if (reason == FailureReason.ConnectionLost)
            LogLeft(node.Logger, source, message);   // nobody refused it: most likely another way of its dial was faster
        else
            LogRefused(node.Logger, source, message);
        node.Events.Publish(new RefusedEvent(node.Clock.Wall, source, reason, message));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused {Source}: {Message}")]
    private static partial void LogRefused(ILogger logger, string source, string message);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Source} left before it was a peer: {Message}")]
    private static partial void LogLeft(ILogger logger, string source, string message);
}
