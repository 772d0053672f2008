namespace Firn.Protocol;

/// <summary>What a race asks of its driver.</summary>
internal abstract record RaceAction;

/// <summary>Look up both families of the name in <paramref name="Address"/>, at the same time, and report each.</summary>
internal sealed record ResolveName(NodeAddress Address) : RaceAction;

/// <summary>Begin <paramref name="Way"/>; report as <paramref name="Run"/> who answers there, or why nobody does.</summary>
internal sealed record StartWay(int Run, DialWay Way) : RaceAction;

/// <summary>End what was begun as <paramref name="Run"/>; nothing that it reports counts any more.</summary>
internal sealed record CancelWay(int Run) : RaceAction;
