using System.CommandLine;
using System.Globalization;
using Firn.AspNetCore;
using Firn.Benching;

namespace Firn.Cli;

/// <summary><c>firn bench PEER</c>: latency and throughput between two nodes, as iperf measures them.</summary>
internal static class BenchCommand
{
    public static Command Create(CommonOptions common)
    {
        var peer = new Argument<string>("PEER") { Description = "The peer: its name or the beginning of it" };
        peer.CompletionSources.Add(Suggestions.Peers(common));
        var seconds = Parsed.Option("--seconds", "How long each of the seven phases takes [default: 2s]", "D", ReadSeconds);
        var size = Parsed.Option("--size", "Bytes of a large message, and of a write to a stream [default: 64k]", "N", Sizes.Read);
        var streams = Parsed.Option("--streams", "Streams at a time [default: 1]", "N", ReadStreams);
        var command = new ExampledCommand(
            "bench",
            "Measure calls, messages and streams between a node and a peer, each way; both run 'firn up'",
            "firn bench db",
            "firn bench db --seconds 10 --size 1M --streams 4",
            "firn bench db --json | jq '.figures[] | {phase, direction, bytesPerSecond}'")
        {
            peer, seconds, size, streams,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var output = parsed.InvocationConfiguration.Output;
            bool isJson = parsed.GetValue(common.Json);
            var request = new BenchBody(
                parsed.GetRequiredValue(peer),
                parsed.GetValueOr(seconds, TimeSpan.FromSeconds(2)).TotalMilliseconds,
                parsed.GetValueOr(size, 64 * 1024),
                parsed.GetValueOr(streams, 1));
            var run = new BenchRecorder(client.BenchAsync(request, stop));
            try
            {
                await (isJson ? run.RunAsync(_ => { }) : BenchProgress.ShowAsync(run, output));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && !isJson)
            {
                PrintTable(output, run.Record);   // what there is so far
                throw;
            }

            if (isJson)
                JsonLines.Write(output, run.Record, CliJson.Default.BenchRecord);
            else
                PrintTable(output, run.Record);
            return Tool.Success;
        });
        return command;
    }

    /// <summary>As a duration; a number alone counts seconds.</summary>
    public static (TimeSpan Value, string? Error) ReadSeconds(string text)
    {
        var (time, error) = Durations.Read(text.All(c => char.IsAsciiDigit(c) || c == '.') ? text + "s" : text);
        if (error is null && (time < TimeSpan.FromMilliseconds(10) || time > BenchProtocol.MaxTime))
            error = $"\"{text}\" is out of range: expected 10ms to 10m";
        return (time, error);
    }

    private static void PrintTable(TextWriter output, BenchRecord record)
    {
        foreach (string line in BenchTable.Lines(record))
            output.WriteLine(line);
    }

    private static (int Value, string? Error) ReadStreams(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= BenchProtocol.MaxStreams
            ? (count, null)
            : (0, $"\"{text}\": expected a number of streams, 1 to {BenchProtocol.MaxStreams}");
}
