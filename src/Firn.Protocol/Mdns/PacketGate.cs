using System.Net;

namespace Firn.Protocol;

/// <summary>
/// How many packets of a link are read at all. One source cannot use up what all strangers share, and all strangers together cannot use
/// up what sources get that have told of wanted nodes. Who forges both the source and a copied tag still meets the limit of all.
/// </summary>
internal sealed class PacketGate
{
    public const int AllAtOnce = 2_048, AllPerSecond = 1_024;
    public const int StrangersAtOnce = 512, StrangersPerSecond = 256;
    public const int SourceAtOnce = 128, SourcePerSecond = 64;

    /// <summary>Sources that are told apart.</summary>
    public const int MaxSources = 1_024;

    private const long IdleMilliseconds = 10_000, KnownMilliseconds = 2 * 3_600_000;

    private readonly Dictionary<IPAddress, Sender> _senders = [];
    private TokenBucket _all = new(AllAtOnce, AllPerSecond, now: 0);
    private TokenBucket _strangers = new(StrangersAtOnce, StrangersPerSecond, now: 0);
    private long _sweptAt;

    public int SourceCount => _senders.Count;

    /// <summary>Whether a packet from <paramref name="source"/> is read.</summary>
    public bool Admits(IPAddress source, long now)
    {
        if (SenderOf(source, now) is not { } sender)
            return _strangers.TryTake(now) && _all.TryTake(now);

        sender.SeenAt = now;
        return sender.Budget.TryTake(now) && (sender.IsKnown || _strangers.TryTake(now)) && _all.TryTake(now);
    }

    /// <summary>A packet from <paramref name="source"/> told of a wanted node.</summary>
    public void Vouch(IPAddress source, long now)
    {
        if (SenderOf(source, now) is { } sender)
            sender.IsKnown = true;
    }

    private Sender? SenderOf(IPAddress source, long now)
    {
        if (_senders.TryGetValue(source, out var sender))
            return sender;
        if (_senders.Count >= MaxSources && !Sweep(now))
            return null;

        return _senders[source] = new Sender { Budget = new TokenBucket(SourceAtOnce, SourcePerSecond, now), SeenAt = now };
    }

    private bool Sweep(long now)
    {
        if (now < _sweptAt + 1_000)
            return false;

        _sweptAt = now;
        foreach (var (source, _) in _senders.Where(s => s.Value.SeenAt < now - (s.Value.IsKnown ? KnownMilliseconds : IdleMilliseconds)).ToList())
            _senders.Remove(source);
        return _senders.Count < MaxSources;
    }

    private sealed class Sender
    {
        public TokenBucket Budget;
        public long SeenAt;
        public bool IsKnown;
    }
}
