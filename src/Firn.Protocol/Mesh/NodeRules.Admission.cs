using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol;

/// <summary>Keep the names that belong to keys for good, all of them, on the disk.</summary>
internal sealed record SavePins(IReadOnlyList<PeerKey> Pins) : NodeAction;

/// <summary>
/// Who may be a peer. Admission is asked first, then the pins, then the limits; and again whenever it changes, since what was admitted
/// may no longer be.
/// </summary>
internal sealed partial class NodeRules
{
    private readonly Dictionary<long, Admitted> _admitted = [];

    /// <summary>Whom this node admits now.</summary>
    public AdmissionPolicy Admission { get; private set; }

    /// <summary>The names that belong to a key for good.</summary>
    public PinBook Pins { get; } = new();

    /// <summary>Whom this node admits has changed: sessions that no longer qualify end, dials that had to wait begin. Returns how many ended.</summary>
    public int SetAdmission(AdmissionPolicy admission, long now)
    {
        _now = now;
        Admission = admission;
        bool movesPins = Pins.Follow(admission.Rotations);
        int ended = _admitted.Keys.ToList().Count(link => Recheck(link, now));
        Peers.Follow(admission.Rotations);
        Dials.Follow(admission.Rotations);
        Dials.Reconsider(now);
        if (movesPins)
            _actions.Add(new SavePins(Pins.All));
        return ended;
    }

    /// <summary>
    /// Whether <paramref name="chain"/> says something new about a key that is known here: trusted, pinned, expected, met before, or rotated. Of others
    /// nothing is checked and nothing kept: there is nothing that could move.
    /// </summary>
    public bool IsConcernedBy(RotationChain chain) =>
        Admission.IsConcernedBy(chain) || (!Admission.Rotations.Holds(chain) && chain.Statements.Any(s => IsKnown(s.Old) || Dials.Expects(s.Old)));

    /// <summary>Who has which name, ordered by name.</summary>
    public IReadOnlyList<PinnedName> ListPins(long now)
    {
        var pins = new Dictionary<string, PinnedName>(StringComparer.Ordinal);
        foreach (var (peer, left) in Peers.Pins(now))
            pins[peer.Name.ToString()] = new PinnedName(peer.Name.ToString(), peer.Did, PinKind.Recent, IsUp(peer), left);
        foreach (var peer in Pins.All)
            pins[peer.Name.ToString()] = new PinnedName(peer.Name.ToString(), peer.Did, PinKind.Kept, IsUp(peer), null);
        foreach (var entry in Admission.Trust.Entries.Where(e => e.Name is not null))
            pins[entry.Name!] = new PinnedName(entry.Name!, entry.Did, PinKind.Trusted, Peers.Up.Any(p => p.Key.Did == entry.Did), null);
        return [.. pins.Values.OrderBy(p => p.Name, StringComparer.Ordinal)];
    }

    /// <summary>Gives a name free; the key that had it.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: nobody has it, or it is not forgotten in this way.</exception>
    public Did ForgetPin(NodeName name, long now)
    {
        if (Peers.InUse(name) is { } connected)
        {
            throw Invalid(
                $"{name} is connected under {connected.Did}: a name stays with its key while it is. First: firn hangup {name}");
        }

        if (Admission.Trust.Entries.FirstOrDefault(e => e.Name == name.ToString()) is { } trusted)
        {
            throw Invalid(
                $"{name} is pinned to {trusted.Did} by the trust list. To forget that: firn trust remove {trusted.Did}");
        }

        var holder = Pins.HolderOf(name) ?? Peers.HolderOf(name, now)?.Did
            ?? throw Invalid($"{name} is not pinned: 'firn pins list' says which names are.");
        Peers.Unpin(name);
        if (Pins.Forget(name))
            _actions.Add(new SavePins(Pins.All));
        return holder;
    }

    /// <summary>Why <paramref name="peer"/>, which proved itself, is refused; for the local log.</summary>
    public string Explain(PeerKey peer, RefusalReason reason, long now)
    {
        var trust = Admission.Trust;
        return reason switch
        {
            RefusalReason.NameTaken when trust.HolderOf(peer) is { } pinned =>
                $"{peer.Name} is pinned to {pinned} here, so {peer.Did} is refused under that name. To forget the old one: firn trust remove {pinned}",
            RefusalReason.NameTaken when trust.NameDueTo(peer) is { } due =>
                $"{peer.Did} is pinned to the name {due} here, but calls itself {peer.Name}. To change that: firn trust add {peer.Did} --name {peer.Name}",
            RefusalReason.NameTaken when (Pins.HolderOf(peer.Name) ?? Peers.HolderOf(peer.Name, now)?.Did) is { } holder && holder != peer.Did =>
                $"{peer.Name} is known here with another key: it belongs to {holder}"
                + (Pins.HolderOf(peer.Name) is null ? " until 10 minutes after that was last seen" : "")
                + $", so {peer.Did} is refused under that name. To forget the old one: firn pins forget {peer.Name}",
            RefusalReason.NameTaken => $"{peer.Name} is this node's own name, so {peer.Did} is refused under it.",
            RefusalReason.AuthenticationFailed when Admission.WhyRotated(peer.Did) is { } why => why,
            RefusalReason.AuthenticationFailed => $"{peer} is no longer admitted: the cookie that it proved, or its key, was withdrawn meanwhile.",
            RefusalReason.Stale => $"A newer incarnation of {peer} is known here: a copy of that node's identity runs elsewhere.",
            RefusalReason.Busy when Admission.Mode.DemandsTrust() && !Pins.HasRoomFor(peer) =>
                $"{peer.Did} has {PinBook.MaxPerKey} names here already, or {PinBook.MaxPins} names are pinned: to forget some, firn pins forget NAME",
            RefusalReason.Busy => "The limit of peers is reached.",
            RefusalReason.Self => $"{peer} is this node itself, or a copy of its identity.",
            _ => $"{peer.Name} is refused: {reason}.",
        };
    }

    private RefusalReason Admit(PeerKey peer, CookieKey? cookie)
    {
        if (!Admission.Admits(peer.Did, cookie))
            return RefusalReason.AuthenticationFailed;
        if (Admission.DeniesName(peer) || (Pins.HolderOf(peer.Name) is { } holder && holder != peer.Did))
            return RefusalReason.NameTaken;
        return Admission.Mode.DemandsTrust() && !Pins.HasRoomFor(peer) ? RefusalReason.Busy : RefusalReason.Unspecified;
    }

    /// <summary>Ends what is on <paramref name="link"/> if it is admitted no longer; true if it does.</summary>
    private bool Recheck(long link, long now)
    {
        if (!_admitted.TryGetValue(link, out var admitted) || WhyNoLonger(admitted) is not { } why)
            return false;

        _actions.Add(new CloseLink(link, EndReason.Refused, why));
        if (Peers.FindByLink(link)?.Held?.Link == link)
            OnSessionEnded(link, EndReason.Refused, isTold: false, now);
        return true;
    }

    private string? WhyNoLonger(Admitted admitted)
    {
        var (peer, cookie) = admitted;
        switch (Admission.Rotations.StandingOf(peer.Did))
        {
            case RotationStanding.Retired:
                return "this key was rotated: another has its place";
            case RotationStanding.Frozen or RotationStanding.Rejected:
                return "this key is frozen here: it, or one before it, has signed two rotations that contradict each other";
        }

        if (!Admission.Trusts(peer.Did))
            return "this key is no longer trusted here";
        if (!Admission.Admits(peer.Did, cookie))
            return "the cookie that was proved is retired here";
        return Admission.DeniesName(peer) ? "the name is pinned to another key here, or the key to another name" : null;
    }

    private void KeepPin(PeerKey peer)
    {
        if (Admission.Mode.DemandsTrust() && Pins.Keep(peer))
            _actions.Add(new SavePins(Pins.All));
    }

    /// <summary>
    /// Which cookie may be proved to a target. What peers tell must not lead this node to one that it would refuse, nor hand a passphrase's
    /// proof, at which one can guess, to a stranger: that goes to known keys only, and where the user said.
    /// </summary>
    private CookieChoice? CookieFor(DialTarget target)
    {
        if (target.DemandedDid is { } did && !Admission.Trusts(did))
            return null;
        if (Admission.Keyring is not { } keyring)
            return target.Cookie == 0 ? default(CookieChoice) : null;

        bool mayBePassphrase = target.IsUsersOwn || (target.DemandedDid is { } told && IsKnown(told));
        return keyring.FirstFrom(target.Cookie, mayBePassphrase) is { } index ? new CookieChoice(index, keyring[index]) : null;
    }

    /// <summary>Whether this key is trusted, pinned, or was met before.</summary>
    public bool IsKnown(Did did) => Admission.Trust.Find(did) is not null || Pins.Knows(did) || Peers.HasMet(did);

    private static FirnException Invalid(string message) => new(FailureReason.InvalidInput, message);

    /// <summary>As whom, and by which cookie, the other end of a link came in.</summary>
    private readonly record struct Admitted(PeerKey Peer, CookieKey? Cookie);
}
