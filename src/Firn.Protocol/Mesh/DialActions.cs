namespace Firn.Protocol;

/// <summary>Connect by whichever of <paramref name="Ways"/> leads there first; report on it as <paramref name="Link"/>.</summary>
/// <param name="Link">The number of the link.</param>
/// <param name="Ways">Where to, in the order of their likeliness; relays last.</param>
/// <param name="Demanded">Who must be there, if it is a peer that was told of.</param>
/// <param name="DemandedDid">Whose key must be there, if only that is known.</param>
/// <param name="Cookie">The cookie to prove with; null where admission is by trust.</param>
internal sealed record StartDial(
    long Link, IReadOnlyList<DialWay> Ways, PeerKey? Demanded = null, Did? DemandedDid = null, CookieKey? Cookie = null) : NodeAction
{
    /// <summary>The way that led there last time.</summary>
    public DialWay? Preferred { get; init; }

    /// <summary>What reports call the place.</summary>
    public NodeAddress Address => ((DirectWay)Ways[0]).Address;

    /// <summary>Whose key must be there, if that is known.</summary>
    public Did? DidThere => Demanded?.Did ?? DemandedDid;

    /// <summary>The name that the node at the end of <paramref name="way"/> must have, if one is expected.</summary>
    public string? NameAt(DialWay way) => Demanded?.Name.ToString() ?? (way as DirectWay)?.Address.ExpectedName;
}

/// <summary>A cookie that may be proved to a target, and its place in the keyring.</summary>
internal readonly record struct CookieChoice(int Index, CookieKey? Key);

/// <summary>The dial that a caller waits for has led to <paramref name="Peer"/>.</summary>
internal sealed record CompleteDial(long Request, PeerKey Peer) : NodeAction;

/// <summary>The dial that a caller waits for has failed.</summary>
internal sealed record FailDial(long Request, DialFailure Failure) : NodeAction;

/// <summary>A dial that nobody waits for has failed.</summary>
internal sealed record ReportDialFailure(NodeAddress Address, DialFailure Failure, bool WillRetry) : NodeAction;

/// <summary>Why a dial has failed.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">The same in a sentence.</param>
/// <param name="Ways">What became of each way.</param>
internal sealed record DialFailure(FailureReason Reason, string Message, IReadOnlyList<FailedWay> Ways)
{
    public DialFailure(FailureReason reason, string message)
        : this(reason, message, [])
    {
    }

    /// <summary>The failure of a race to <paramref name="target"/>: of one way its own sentence, of several one that lists them.</summary>
    public static DialFailure Of(NodeAddress target, RaceFailure outcome, IReadOnlyList<FailedWay> ways) => new(
        outcome.Reason,
        ways.Count < 2 ? outcome.Message : $"{Headline(target.ToString(), ways.Count)}: {string.Join("; ", ways.Select(static way => way.ToString().TrimEnd('.')))}.",
        ways);

    /// <summary>What is said before several ways are listed.</summary>
    public static string Headline(string target, int ways) => $"None of {ways} ways led to {target}";
}
