namespace Firn.Protocol;

/// <summary>What becomes of a node that has proved the code of an invite.</summary>
internal enum JoinDecision
{
    /// <summary>The invite is for it.</summary>
    Welcome,

    Expired,

    /// <summary>Others have it, as many as it is for; or this node's time to come again is over.</summary>
    Used,

    Cancelled,
}

/// <summary>An invite as its maker sees it.</summary>
/// <param name="Id">Which.</param>
/// <param name="Gifts">What it gives.</param>
/// <param name="Uses">For how many nodes.</param>
/// <param name="ExpiresAt">Until when, by the wall clock.</param>
/// <param name="UsedBy">The nodes that have proved its code.</param>
/// <param name="Over">Why it takes no more; <see cref="JoinDecision.Welcome"/> while it does.</param>
internal sealed record InviteState(
    InviteId Id, InviteGifts Gifts, int Uses, DateTimeOffset ExpiresAt, IReadOnlyList<Did> UsedBy, JoinDecision Over);

/// <summary>
/// The invites of a node. Each belongs to the first nodes that prove its code, for as long as both clocks say that it has not expired:
/// one that is set back prolongs nothing. What is over is remembered, so that who can prove the code learns why.
/// </summary>
/// <param name="decoy">A code that nobody knows: an invite that is not here costs a stranger's guess the same time.</param>
internal sealed class InviteBook(InviteCode decoy) : IDisposable
{
    public const int MaxOpen = 64;
    public const int MaxKept = 256;
    public const int MaxUses = 64;

    /// <summary>As many wrong proofs end an invite: somebody has its line, or part of it.</summary>
    public const int MaxWrongProofs = 16;

    /// <summary>How long a node may come again after its first proof: for its user's answer, and when a connection broke.</summary>
    public const long ReturnMilliseconds = 10 * 60_000;

    public static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);

    private const int AttemptsAtOnce = 16;
    private const int AttemptsPerSecond = 1;
    private const int MaxSources = 1024;

    private readonly Dictionary<InviteId, Invite> _invites = [];
    private readonly Queue<InviteId> _oldest = [];
    private readonly Dictionary<Source, TokenBucket> _attempts = [];
    private readonly Queue<Source> _oldestSources = [];

    /// <summary>Takes over <paramref name="code"/>.</summary>
    /// <exception cref="FirnException">Too many are open, or something is out of its range.</exception>
    public void Add(InviteId id, InviteCode code, InviteGifts gifts, int uses, TimeSpan lifetime, DateTimeOffset wall, long now)
    {
        if (uses is < 1 or > MaxUses)
            throw new FirnException(FailureReason.InvalidInput, $"an invite is for 1 to {MaxUses} nodes, found {uses}");
        if (lifetime < MinLifetime || lifetime > MaxLifetime)
            throw new FirnException(FailureReason.InvalidInput, $"an invite lasts 1 s to 24 h, found {lifetime}");
        if (_invites.Values.Count(invite => invite.Over(wall, now) == JoinDecision.Welcome) >= MaxOpen)
            throw new FirnException(FailureReason.Busy, $"{MaxOpen} invites are open, which is the most: cancel some, see 'firn invite --list'");

        if (_invites.Count == MaxKept)
            Forget(_oldest.First(old => _invites[old].Over(wall, now) != JoinDecision.Welcome));
        _invites.Add(id, new Invite(id, code, gifts, uses, wall + lifetime, now + (long)lifetime.TotalMilliseconds));
        _oldest.Enqueue(id);
    }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<InviteState> List(DateTimeOffset wall, long now) => [.. _oldest.Select(id => _invites[id].State(wall, now))];

    /// <summary>It takes nobody any more; false if it is not here.</summary>
    public bool Cancel(InviteId id)
    {
        if (!_invites.TryGetValue(id, out var invite))
            return false;
        invite.IsCancelled = true;
        return true;
    }

    /// <summary>
    /// The keys to verify a Join with, for the caller to dispose of. Those of nobody's code if the invite is not here, was guessed at too
    /// often, or if <paramref name="source"/> asks too often: who cannot prove the code learns nothing by that.
    /// </summary>
    public HandshakeKeys KeysOf(InviteId id, uint version, Source source, long now)
    {
        bool mayTry = TryTake(source, now);
        var invite = mayTry ? _invites.GetValueOrDefault(id) : null;
        return new HandshakeKeys(invite is { WrongProofs: < MaxWrongProofs } ? invite.Code : decoy, version);
    }

    /// <summary>Somebody has named this invite without proving its code; true if that ends it.</summary>
    public bool OnWrongProof(InviteId id) => _invites.TryGetValue(id, out var invite) && ++invite.WrongProofs == MaxWrongProofs;

    /// <summary>The node of <paramref name="did"/> has proved the code: the invite is its, if it still has a use.</summary>
    public (JoinDecision Decision, InviteGifts Gifts) OnProved(InviteId id, Did did, DateTimeOffset wall, long now) =>
        _invites.TryGetValue(id, out var invite) ? (invite.Claim(did, wall, now), invite.Gifts) : (JoinDecision.Cancelled, InviteGifts.None);

    /// <summary>Wipes every code.</summary>
    public void Dispose()
    {
        foreach (var invite in _invites.Values)
            invite.Code.Dispose();
        decoy.Dispose();
    }

    private void Forget(InviteId id)
    {
        _invites.Remove(id, out var invite);
        invite!.Code.Dispose();
        for (int i = _oldest.Count; i > 0; i--)
        {
            var next = _oldest.Dequeue();
            if (next != id)
                _oldest.Enqueue(next);
        }
    }

    private bool TryTake(Source source, long now)
    {
        if (!_attempts.TryGetValue(source, out var bucket))
        {
            bucket = new TokenBucket(AttemptsAtOnce, AttemptsPerSecond, now);
            _oldestSources.Enqueue(source);
            if (_oldestSources.Count > MaxSources)
                _attempts.Remove(_oldestSources.Dequeue());
        }

        bool mayTry = bucket.TryTake(now);
        _attempts[source] = bucket;
        return mayTry;
    }

    private sealed class Invite(InviteId id, InviteCode code, InviteGifts gifts, int uses, DateTimeOffset expiresAt, long expiresNow)
    {
        private readonly Dictionary<Did, long> _usedAt = [];
        private bool _isExpired;

        public InviteCode Code => code;

        public InviteGifts Gifts => gifts;

        public int WrongProofs { get; set; }

        public bool IsCancelled { get; set; }

        public InviteState State(DateTimeOffset wall, long now) => new(id, gifts, uses, expiresAt, [.. _usedAt.Keys], Over(wall, now));

        /// <summary>Why it takes nobody else. Once seen to be expired it stays so, whatever the clock says later.</summary>
        public JoinDecision Over(DateTimeOffset wall, long now)
        {
            _isExpired |= wall >= expiresAt || now >= expiresNow;
            return IsCancelled || WrongProofs >= MaxWrongProofs ? JoinDecision.Cancelled
                : _isExpired ? JoinDecision.Expired
                : _usedAt.Count >= uses ? JoinDecision.Used
                : JoinDecision.Welcome;
        }

        public JoinDecision Claim(Did did, DateTimeOffset wall, long now)
        {
            var over = Over(wall, now);
            if (over is JoinDecision.Welcome or JoinDecision.Used && _usedAt.TryGetValue(did, out long since))
                return now - since < ReturnMilliseconds ? JoinDecision.Welcome : JoinDecision.Used;
            if (over == JoinDecision.Welcome)
                _usedAt.Add(did, now);
            return over;
        }
    }
}
