using Firn.Protocol;
using Microsoft.Extensions.Logging;

namespace Firn.Runtime;

/// <summary>
/// Carries changes of whom the node admits from its files to its rules, one after the other and on the thread pool, and pinned names the
/// other way. Who has no control API to be told by looks at the files himself.
/// </summary>
internal sealed partial class Admissions(NodeCore node) : Scheduled
{
    private const long CheckMilliseconds = 5_000;

    /// <summary>Longer than a handshake that has borrowed a key can take.</summary>
    private const long BorrowedMilliseconds = 15_000;

    private readonly Lock _gate = new();
    private readonly List<(long Due, CookieKey Key)> _dropped = [];
    private Task _last = Task.CompletedTask;
    private IReadOnlyList<PeerKey>? _unsaved;

    public void Start()
    {
        TellFrozen(RotationTable.Empty, node.Setup.Admission.Current.Rotations);
        if (node.Setup.Admission.HasFiles)
            node.Schedule.Set(this, node.Clock.Now + CheckMilliseconds);
    }

    /// <summary>Takes up what has changed; says how many sessions ended by it.</summary>
    /// <exception cref="FirnException">The files cannot be used; the node goes on with what it has.</exception>
    public Task<int> ReloadAsync() => Enqueue(Renew);

    public Task<int> ChangeTrustAsync(Func<TrustList, TrustList> change) => Enqueue(() =>
    {
        node.Setup.Admission.ChangeTrust(change);
        return Renew();
    });

    /// <summary>
    /// Keeps the rotations that a peer has told, which are genuine, and lets trust and pins follow; when it completes, they are on the disk and
    /// the rules know.
    /// </summary>
    /// <exception cref="FirnException">They cannot be kept.</exception>
    public Task<int> FollowAsync(RotationChain chain, string who) => Enqueue(() =>
    {
        var source = node.Setup.Admission;
        var before = source.Current.Rotations;
        if (!source.Follow(chain))
            throw new FirnException(FailureReason.AuthenticationFailed, $"The rotations of {who} contradict what is known here.");

        int ended = Renew();
        var after = source.Current.Rotations;
        foreach (var statement in chain.Statements.Where(s => !before.Knows(s.New) && after.Find(s.Old) is { IsFrozen: false }))
            node.Post(new RaiseWarning(RotationSentence.Followed(who, statement)));

        return ended;
    });

    /// <summary>Keeps these names on the disk; of several calls the last one counts.</summary>
    public void Save(IReadOnlyList<PeerKey> pins)
    {
        if (node.Setup.Pins is null)
            return;

        Volatile.Write(ref _unsaved, pins);
        _ = Enqueue(SavePins, evenNow: true);
    }

    /// <summary>Completes when all that was begun is done.</summary>
    public async Task CompleteAsync()
    {
        Task last;
        lock (_gate)
            last = _last;
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Wipe(long.MaxValue);
    }

    public override long OnDue(long now)
    {
        Wipe(now);
        if (node.Setup.Admission.HasChanged())
            _ = ReloadOrWarnAsync();
        return now + CheckMilliseconds;
    }

    private async Task ReloadOrWarnAsync()
    {
        try
        {
            await ReloadAsync().ConfigureAwait(false);
        }
        catch (FirnException e) when (!node.IsStopping)
        {
            node.Post(new RaiseWarning($"Cookies or trust list have changed but cannot be used; what was there before still holds. {e.Message}"));
        }
        catch (FirnException)
        {
            // It stops anyway.
        }
    }

    private int Renew()
    {
        var source = node.Setup.Admission;
        var before = source.Current.Rotations;
        if (source.Renew() is not { } dropped)
            return 0;

        // First for handshakes that begin, then for what there is; keys that were borrowed are wiped when nobody can have them any more.
        node.Setup.Use(source.Current);
        int ended = node.Decide((rules, now) => rules.SetAdmission(source.Current, now));
        lock (_gate)
            _dropped.AddRange(dropped.Select(key => (node.Clock.Now + BorrowedMilliseconds, key)));
        LogChanged(node.Logger, ended);
        TellFrozen(before, source.Current.Rotations);
        return ended;
    }

    /// <summary>Whoever has seen the second statement, this node or another of its home: the operator must know, at each start again.</summary>
    private void TellFrozen(RotationTable before, RotationTable after)
    {
        foreach (var frozen in after.Frozen.Where(entry => !entry.Equals(before.Find(entry.Old))))
            node.Post(new RaiseWarning(RotationSentence.Frozen(frozen)));
    }

    private int SavePins()
    {
        if (Interlocked.Exchange(ref _unsaved, null) is not { } pins)
            return 0;

        try
        {
            node.Setup.Pins!.Write(pins);
        }
        catch (FirnException e)
        {
            LogPinsNotSaved(node.Logger, e.Message);
        }

        return pins.Count;
    }

    private void Wipe(long now)
    {
        lock (_gate)
        {
            foreach (var (_, key) in _dropped.Where(d => d.Due <= now))
                key.Dispose();
            _dropped.RemoveAll(d => d.Due <= now);
        }
    }

    private Task<int> Enqueue(Func<int> work, bool evenNow = false)
    {
        if (node.IsStopping && !evenNow)
            throw new FirnException(FailureReason.ShuttingDown, "This node is stopping.");

        lock (_gate)
        {
            var next = _last.ContinueWith(_ => work(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            _last = next;
            return next;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Whom this node admits has changed; {Count} sessions end by it")]
    private static partial void LogChanged(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pinned names are not kept on the disk, so they are forgotten at the end: {Why}")]
    private static partial void LogPinsNotSaved(ILogger logger, string why);
}
