namespace Firn.Protocol;

/// <summary>Why the node wants to be connected there, which decides when it stops trying.</summary>
internal enum DialKind
{
    /// <summary>Configured: dialled for as long as the node lives, until hung up.</summary>
    Configured,

    /// <summary>Asked for by the program or an operator: given up if the first attempt fails, kept up afterwards.</summary>
    Explicit,

    /// <summary>An address of a DNS name that the user has given: dialled as long as the name leads there.</summary>
    Named,

    /// <summary>A node of the same user on this machine.</summary>
    Local,

    /// <summary>Told by a peer.</summary>
    Mesh,

    /// <summary>Found by a source: a hint, which strangers may have made.</summary>
    Found,
}

/// <summary>One place, or one peer, that the node wants to be connected to.</summary>
internal sealed class DialTarget(DialKind kind, IReadOnlyList<NodeAddress> addresses, Did? expectedDid = null)
{
    public DialKind Kind { get; set; } = kind;

    public IReadOnlyList<NodeAddress> Addresses { get; private set; } = addresses;

    /// <summary>Whom it leads to: given for told peers, learnt by connecting for addresses.</summary>
    public PeerKey? Peer { get; set; }

    /// <summary>Whether <see cref="Peer"/> is demanded of whoever answers, rather than remembered.</summary>
    public bool DemandsPeer { get; init; }

    /// <summary>Whose key is demanded of a place that a source has found, if it knew.</summary>
    public Did? ExpectedDid { get; private set; } = expectedDid;

    /// <summary>What sources say of this place; none for what is configured, asked for or told.</summary>
    public List<Sighting> Sightings { get; } = [];

    /// <summary>Whether it is there because sources say so.</summary>
    public bool IsPlace { get; init; }

    /// <summary>Whether no source says so any more.</summary>
    public bool IsLost => IsPlace && Sightings.Count == 0;

    /// <summary>A stopped place is not dialled before, however often it is said.</summary>
    public long RestsUntil { get; set; }

    /// <summary>Whose key the node that answers must have, if that is known before it answers.</summary>
    public Did? DemandedDid => DemandsPeer ? Peer?.Did : ExpectedDid;

    /// <summary>Whether the user vouches for it: the address was given, or it is noted in the user's own home.</summary>
    public bool IsUsersOwn => !IsHint;

    /// <summary>Whether it is no more than others' words.</summary>
    public bool IsHint => Kind is DialKind.Mesh or DialKind.Found;

    /// <summary>Which cookie of the keyring to prove with; the first again in each round.</summary>
    public int Cookie { get; set; }

    /// <summary>Whose turn it is among those that are due: found places come last, the more often they have failed the later.</summary>
    public int Turn => Kind == DialKind.Found ? 1 + Failures : 0;

    public DialState State { get; set; } = DialState.Waiting;

    /// <summary>While waiting: when to dial. While awaiting the survivor: when to stop waiting for it.</summary>
    public long Due { get; set; }

    /// <summary>The addresses that the next attempt tries; null when it is all of them.</summary>
    public IReadOnlyList<NodeAddress>? Allowed { get; set; }

    /// <summary>The way by which it was last connected, to be tried first.</summary>
    public DialWay? Preferred { get; set; }

    /// <summary>The way by which the attempt goes on, or the session was made.</summary>
    public DialWay? Current { get; set; }

    /// <summary>Attempts that failed since it was last connected, each by all ways.</summary>
    public int Failures { get; set; }

    public bool WasConnected { get; set; }

    public Backoff Backoff = new();

    /// <summary>Callers that wait for this dial.</summary>
    public List<long> Requests { get; } = [];

    /// <summary>Whether it has failed for good, when told peers and those of this machine may fail for so many rounds.</summary>
    public bool IsGivenUpAfter(int rounds) => Kind switch
    {
        DialKind.Configured or DialKind.Named => false,
        DialKind.Mesh => !WasConnected && Failures >= rounds,

        // A node of this machine that starts again finds this one by itself, and most likely on another port; sources say again what is there.
        DialKind.Local or DialKind.Found => Failures >= rounds,
        _ => !WasConnected,
    };

    /// <summary>Whom it leads to has rotated its key.</summary>
    public void Follow(RotationTable rotations)
    {
        if (ExpectedDid is { } expected)
            ExpectedDid = rotations.Resolve(expected) ?? expected;
        if (Peer is { } peer)
            Peer = peer with { Did = rotations.Resolve(peer.Did) ?? peer.Did };
    }

    /// <summary>Where it is and how far that is believed, by all that sources say of it; true when it is elsewhere than before.</summary>
    public bool TakeSightings()
    {
        Kind = Sightings.Min(static s => s.Kind);
        int longest = Sightings.Max(static s => s.Addresses.Count);
        var all = Enumerable.Range(0, longest)
            .SelectMany(i => Sightings.Where(s => i < s.Addresses.Count).Select(s => s.Addresses[i]))
            .Distinct().Take(Sighting.MaxAddresses).ToList();
        if (Addresses.SequenceEqual(all))
            return false;

        Addresses = all;
        return true;
    }

    /// <summary>The peer says that it lives elsewhere now: it is tried there at once.</summary>
    public void Move(IReadOnlyList<NodeAddress> addresses, long now)
    {
        if (Addresses.SequenceEqual(addresses))
            return;

        Addresses = addresses;
        Failures = 0;
        if (State == DialState.Waiting)
            Due = now;
    }
}

/// <summary>What a target is doing.</summary>
internal enum DialState
{
    /// <summary>Not connected; dials when due.</summary>
    Waiting,

    /// <summary>An attempt is under way.</summary>
    Dialling,

    /// <summary>The attempt met another session with the same peer that is being made; it completes with that one.</summary>
    AwaitingSurvivor,

    /// <summary>Its peer is connected.</summary>
    Satisfied,

    /// <summary>Not dialled again until somebody asks.</summary>
    Stopped,
}
