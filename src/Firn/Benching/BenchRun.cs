using System.Runtime.CompilerServices;

namespace Firn.Benching;

/// <summary>What is measured: each phase for <paramref name="Time"/>, large messages of <paramref name="Size"/> bytes, that many streams.</summary>
internal sealed record BenchOptions(TimeSpan Time, int Size, int Streams)
{
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: one of them is out of its range.</exception>
    public void Validate()
    {
        if (Time < TimeSpan.FromMilliseconds(10) || Time > BenchProtocol.MaxTime)
            throw Wrong($"a phase of {Time}: expected 10 ms to {BenchProtocol.MaxTime.TotalMinutes:0} minutes");
        if (Size is < 1 or > BenchProtocol.MaxSize)
            throw Wrong($"messages of {Size} bytes: expected 1 to {BenchProtocol.MaxSize}");
        if (Streams is < 1 or > BenchProtocol.MaxStreams)
            throw Wrong($"{Streams} streams: expected 1 to {BenchProtocol.MaxStreams}");
    }

    private static FirnException Wrong(string what) => new(FailureReason.InvalidInput, what);
}

/// <summary>Which way the load goes, as the end sees it that measures.</summary>
internal enum BenchDirection
{
    RoundTrip,
    Out,
    In,
}

/// <summary>One phase: what it sends and which way.</summary>
internal sealed record BenchPhase(string Name, BenchDirection Direction, int Size);

/// <summary>What a phase came to: how many of its messages (none for streams) and bytes went over in which time.</summary>
internal sealed record BenchFigure(BenchPhase Phase, TimeSpan Time, long Count, long Bytes)
{
    /// <summary>How long calls took; null for what is not called.</summary>
    public BenchLatency? Latency { get; init; }
}

/// <summary>How far a bench has come: into a phase by a fraction, or to the figure at its end.</summary>
internal readonly record struct BenchUpdate(int Number, BenchPhase Phase, double Fraction, BenchFigure? Figure);

/// <summary>Measures the way to a peer, phase after phase.</summary>
internal static class BenchRun
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    public static IReadOnlyList<BenchPhase> Phases(BenchOptions options) =>
    [
        new("calls", BenchDirection.RoundTrip, BenchProtocol.SmallSize),
        new("messages", BenchDirection.Out, BenchProtocol.SmallSize),
        new("messages", BenchDirection.In, BenchProtocol.SmallSize),
        new("messages", BenchDirection.Out, options.Size),
        new("messages", BenchDirection.In, options.Size),
        new("streams", BenchDirection.Out, options.Size),
        new("streams", BenchDirection.In, options.Size),
    ];

    /// <summary>Runs all phases; ends early, and lets go of the peer, when nobody enumerates any more.</summary>
    /// <exception cref="FirnException">The peer does not serve benches, serves too many, or was lost.</exception>
    public static async IAsyncEnumerable<BenchUpdate> MeasureAsync(
        Node node, Peer peer, BenchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        options.Validate();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var client = await BenchClient.StartAsync(node, peer, options, stop.Token).ConfigureAwait(false);
        var phases = Phases(options);
        for (int number = 0; number < phases.Count; number++)
        {
            var phase = phases[number];
            yield return new BenchUpdate(number, phase, 0, null);

            var elapsed = System.Diagnostics.Stopwatch.StartNew();
            var running = client.RunAsync(phase, stop.Token);
            try
            {
                while (await Task.WhenAny(running, Task.Delay(Tick, stop.Token)).ConfigureAwait(false) != running)
                {
                    stop.Token.ThrowIfCancellationRequested();
                    yield return new BenchUpdate(number, phase, Math.Min(1, elapsed.Elapsed / options.Time), null);
                }
            }
            finally
            {
                if (!running.IsCompleted)
                {
                    await stop.CancelAsync().ConfigureAwait(false);
                    await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            yield return new BenchUpdate(number, phase, 1, await running.ConfigureAwait(false));
        }
    }
}
