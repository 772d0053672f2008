namespace Firn.Protocol;

/// <summary>What a relay does for its peers at a time, and how often they may ask.</summary>
internal sealed record RelayLimits
{
    /// <summary>Streams between two nodes, whichever asked: one session, one that takes its place, and as many that cross them.</summary>
    public int PerPair { get; init; } = 4;

    /// <summary>Streams that one node has asked for.</summary>
    public int PerAsker { get; init; } = 128;

    /// <summary>Streams in all.</summary>
    public int InAll { get; init; } = 1024;

    /// <summary>Requests of one node at once, those that are refused included.</summary>
    public int RequestBurst { get; init; } = 64;

    /// <summary>How fast that budget comes back.</summary>
    public int RequestsPerSecond { get; init; } = 4;

    /// <summary>Askers whose budget is remembered.</summary>
    public int MaxAskers { get; init; } = 4096;
}
