using System.Diagnostics;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>Pings one peer again and again. A peer that goes away meanwhile loses pings; it may come back.</summary>
internal sealed class PingRun(ControlClient client, string name, TextWriter output)
{
    private readonly PingStatistics _statistics = new();
    private string _fullName = name;

    /// <summary>Pings <paramref name="count"/> times, without end if that is 0, or until <paramref name="stop"/>.</summary>
    /// <exception cref="FirnException">There is no such peer at the start, or the local node is gone.</exception>
    public async Task<PingRecord> RunAsync(int count, TimeSpan interval, CancellationToken stop)
    {
        var elapsed = Stopwatch.StartNew();
        try
        {
            for (int number = 1; count == 0 || number <= count; number++)
            {
                var next = elapsed.Elapsed + interval;
                await PingAsync(number, stop);
                var pause = next - elapsed.Elapsed;
                if (number != count && pause > TimeSpan.Zero)
                    await Task.Delay(pause, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C ends the run; the summary follows.
        }

        return _statistics.ToRecord(_fullName, elapsed.Elapsed);
    }

    private async Task PingAsync(int number, CancellationToken stop)
    {
        try
        {
            var answer = await client.PingAsync(_fullName, stop);
            _fullName = answer.Name;
            _statistics.Answered(answer.RttMs);
            string time = PeerRows.Milliseconds(answer.RttMs);
            output.WriteLine(Printable.Line($"answer from {answer.Name} ({PeerRows.Where(answer.Address, answer.Via)}): seq={number} time={time}"));
        }
        catch (FirnException e) when (e.Reason is FailureReason.TimedOut or FailureReason.ConnectionLost
            || (e.Reason == FailureReason.NotConnected && number > 1))
        {
            _statistics.Lost();
            output.WriteLine(Printable.Line($"no answer: seq={number} {e.Message}"));
        }
    }
}
