using System.Globalization;

namespace Firn.Protocol.Tests;

/// <summary>One thing that can happen next in a <see cref="PairModel"/>.</summary>
internal readonly record struct PairEvent(PairEventKind Kind, int Link = 0, int Side = 0)
{
    public override string ToString() => Kind switch
    {
        PairEventKind.Deliver => string.Create(CultureInfo.InvariantCulture, $"link {Link} delivers to {"AB"[Side]}"),
        PairEventKind.Restart => $"{"AB"[Side]} restarts",
        PairEventKind.PatienceEnds => "two seconds pass",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Kind} {Link}"),
    };
}

internal enum PairEventKind
{
    Dial,
    Deliver,
    Break,
    PatienceEnds,
    Restart,
}

/// <summary>What may go wrong during a run, each so many times.</summary>
internal readonly record struct PairFaults(int Breaks = 0, int Waits = 0, int Restarts = 0);
