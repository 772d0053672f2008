namespace Firn.Protocol;

/// <summary>
/// Handshakes that relays have brought to a node and that run or wait. An honest relay keeps its askers within limits of its own; this keeps
/// out one that does not, or invents askers: it never has more than half of the handshakes that relayed strangers get at a time.
/// </summary>
internal sealed class BroughtStrangers
{
    /// <summary>Of one relay.</summary>
    public const int MaxPerRelay = 32;

    /// <summary>Of one asker, by one relay.</summary>
    public const int MaxPerAsker = 4;

    private readonly Dictionary<Did, int> _relays = [];
    private readonly Dictionary<Source, int> _askers = [];

    /// <summary>Askers that have a handshake here, each as one relay has it.</summary>
    public int Sources => _askers.Count;

    /// <summary>Whether one more may come; then it counts until <see cref="Leave"/>.</summary>
    public bool TryEnter(Did relay, Did asker)
    {
        var source = Source.Through(relay, asker);
        int ofRelay = _relays.GetValueOrDefault(relay), ofAsker = _askers.GetValueOrDefault(source);
        if (ofRelay >= MaxPerRelay || ofAsker >= MaxPerAsker)
            return false;

        (_relays[relay], _askers[source]) = (ofRelay + 1, ofAsker + 1);
        return true;
    }

    /// <summary>Its handshake is over, well or not.</summary>
    public void Leave(Did relay, Did asker)
    {
        Leave(_relays, relay);
        Leave(_askers, Source.Through(relay, asker));
    }

    private static void Leave<T>(Dictionary<T, int> counts, T of)
        where T : notnull
    {
        if (--counts[of] == 0)
            counts.Remove(of);
    }
}
