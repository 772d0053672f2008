namespace Firn.Protocol;

/// <summary>
/// Whom a node admits at this moment: its mode, cookies, trust list and the rotations that it has seen. Immutable; a change makes another one, against which every
/// session is checked again. Whatever else is to decide about peers one day (classes, scores) is asked here.
/// </summary>
internal sealed class AdmissionPolicy
{
    /// <summary>A keyring comes exactly with a mode that demands a cookie: nothing can stand in for a key that is not there.</summary>
    public AdmissionPolicy(AdmissionMode mode, Keyring? keyring, TrustList trust, RotationTable? rotations = null)
    {
        if (mode.DemandsCookie() != keyring is not null)
            throw new ArgumentException($"A keyring comes with a mode that demands a cookie and no other: {mode}.", nameof(keyring));
        Rotations = rotations ?? RotationTable.Empty;
        (Mode, Keyring, Trust) = (mode, keyring, trust.Follow(Rotations));
    }

    public static AdmissionPolicy ByCookie(Keyring keyring) => new(AdmissionMode.Cookie, keyring, TrustList.Empty);

    public AdmissionMode Mode { get; }

    public Keyring? Keyring { get; }

    /// <summary>Whose keys are trusted, and the names that are pinned to them, which hold in every mode.</summary>
    public TrustList Trust { get; }

    /// <summary>Which keys others have taken the places of. What it says holds in every mode.</summary>
    public RotationTable Rotations { get; }

    /// <summary>Whether the key of <paramref name="did"/> will do: it is in force, and trusted as far as the mode asks for it.</summary>
    public bool Trusts(Did did) =>
        Rotations.StandingOf(did) == RotationStanding.Good && (!Mode.DemandsTrust() || Trust.Find(did) is not null);

    /// <summary>Whether <paramref name="chain"/> says something new about a key that is trusted, or of which rotations are known.</summary>
    public bool IsConcernedBy(RotationChain chain) =>
        !Rotations.Holds(chain) && chain.Statements.Any(s => Trust.Find(s.Old) is not null || Rotations.Knows(s.Old));

    /// <summary>What it will be when <paramref name="chain"/>, which is genuine, is taken up; null when it cannot be.</summary>
    public AdmissionPolicy? After(RotationChain chain) =>
        Rotations.With(chain) is { } rotations ? new AdmissionPolicy(Mode, Keyring, Trust, rotations) : null;

    /// <summary>Why <paramref name="did"/> is refused because of rotations, and what to do; null if it is not.</summary>
    public string? WhyRotated(Did did) => RotationSentence.WhyRefused(did, Rotations);

    /// <summary>Whether a peer with this key that proved <paramref name="cookie"/> (null: none) is admitted, whatever its name.</summary>
    public bool Admits(Did did, CookieKey? cookie) =>
        Trusts(did) && (!Mode.DemandsCookie() || (cookie is not null && Keyring!.Contains(cookie)));

    /// <summary>Whether the name of <paramref name="peer"/> is pinned to another key, or its key to another name.</summary>
    public bool DeniesName(PeerKey peer) => Trust.HolderOf(peer) is not null || Trust.NameDueTo(peer) is not null;
}
