namespace Firn.Protocol;

/// <summary>
/// Whom a node admits at this moment: its mode, cookies and trust list. Immutable; a change makes another one, against which every
/// session is checked again. Whatever else is to decide about peers one day (classes, scores) is asked here.
/// </summary>
internal sealed class AdmissionPolicy
{
    /// <summary>A keyring comes exactly with a mode that demands a cookie: nothing can stand in for a key that is not there.</summary>
    public AdmissionPolicy(AdmissionMode mode, Keyring? keyring, TrustList trust)
    {
        if (mode.DemandsCookie() != keyring is not null)
            throw new ArgumentException($"A keyring comes with a mode that demands a cookie and no other: {mode}.", nameof(keyring));
        (Mode, Keyring, Trust) = (mode, keyring, trust);
    }

    public static AdmissionPolicy ByCookie(Keyring keyring) => new(AdmissionMode.Cookie, keyring, TrustList.Empty);

    public AdmissionMode Mode { get; }

    public Keyring? Keyring { get; }

    /// <summary>Whose keys are trusted, and the names that are pinned to them, which hold in every mode.</summary>
    public TrustList Trust { get; }

    /// <summary>Whether the key of <paramref name="did"/> will do, as far as the mode asks for it.</summary>
    public bool Trusts(Did did) => !Mode.DemandsTrust() || Trust.Find(did) is not null;

    /// <summary>Whether a peer with this key that proved <paramref name="cookie"/> (null: none) is admitted, whatever its name.</summary>
    public bool Admits(Did did, CookieKey? cookie) =>
        Trusts(did) && (!Mode.DemandsCookie() || (cookie is not null && Keyring!.Contains(cookie)));

    /// <summary>Whether the name of <paramref name="peer"/> is pinned to another key, or its key to another name.</summary>
    public bool DeniesName(PeerKey peer) => Trust.HolderOf(peer) is not null || Trust.NameDueTo(peer) is not null;
}
