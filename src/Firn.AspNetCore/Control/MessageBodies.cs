using System.Text.Json.Serialization;

namespace Firn.AspNetCore;

/// <summary>What has a name at a node: at most 10,000 of each kind, in order.</summary>
internal sealed record NamesBody(string Node, IReadOnlyList<NameEntryBody> Names);

/// <summary>One name. The kind is <c>process</c>, <c>function</c> (which peers may spawn) or <c>builtIn</c> (a process of Firn's own).</summary>
internal sealed record NameEntryBody(string Name, string Kind);

/// <summary>A message was sent to the process of that name at that node.</summary>
internal sealed record SentBody(string Process, string Node);

/// <summary>The reply of a process, as bytes, and the full name of its node.</summary>
internal sealed record Reply(string Node, byte[] Body);

/// <summary>
/// Asks for a bench: with which peer, how long each phase takes (ms; 2,000 unless given), bytes of a large message (65,536) and
/// number of streams (1).
/// </summary>
internal sealed record BenchBody(string? Name, double? PhaseMs = null, int? Size = null, int? Streams = null);

/// <summary>
/// What happens in a bench: <c>started</c> (name, address), <c>progress</c> (number of the phase from 0, phase, direction, size,
/// fraction), <c>figure</c> (figure) or <c>failed</c> (reason, message). Only what belongs to the kind of event is present.
/// </summary>
internal sealed record BenchEventBody(string Event)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BenchProgressBody? Progress { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BenchFigureBody? Figure { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }
}

/// <summary>How far a bench is: the how manyth phase of how many it runs, and which fraction of it is over.</summary>
internal sealed record BenchProgressBody(string Phase, string Direction, int Size, int Number, int Phases, double Fraction);

/// <summary>
/// What a phase came to. The phase is <c>calls</c>, <c>messages</c> or <c>streams</c>; the direction <c>roundTrip</c>, <c>out</c> or
/// <c>in</c>; the size that of a message or write in bytes; count and rate are null for streams.
/// </summary>
internal sealed record BenchFigureBody(
    string Phase, string Direction, int Size, double Seconds, long Bytes, double BytesPerSecond, long? Count, double? PerSecond)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BenchLatencyBody? Latency { get; init; }
}

/// <summary>How long calls took, in milliseconds.</summary>
internal sealed record BenchLatencyBody(double MinMs, double AvgMs, double P50Ms, double P99Ms);
