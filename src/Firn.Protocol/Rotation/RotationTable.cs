namespace Firn.Protocol;

/// <summary>
/// The keys that were rotated, as far as a node has seen it, and who has their places. Immutable, without loops; each key follows one other
/// at most. The oldest entry makes room for a new one, but a frozen one stays.
/// </summary>
internal sealed class RotationTable
{
    public const int MaxEntries = 2048;

    private readonly List<RetiredKey> _entries;
    private readonly Dictionary<Did, RetiredKey> _byOld = [];
    private readonly Dictionary<Did, Did> _before = [];

    private RotationTable(List<RetiredKey> entries)
    {
        _entries = entries;
        foreach (var entry in entries)
        {
            _byOld.Add(entry.Old, entry);
            foreach (var statement in entry.Statements)
                _before.Add(statement.New, entry.Old);
        }
    }

    public static RotationTable Empty { get; } = new([]);

    /// <summary>In the order in which they became known.</summary>
    public IReadOnlyList<RetiredKey> Entries => _entries;

    /// <summary>The keys that nobody inherits, until the operator decides.</summary>
    public IEnumerable<RetiredKey> Frozen => _entries.Where(static entry => entry.IsFrozen);

    /// <summary>Whether this table has something to say of a key.</summary>
    public bool Knows(Did did) => _byOld.ContainsKey(did) || _before.ContainsKey(did);

    public RetiredKey? Find(Did old) => _byOld.GetValueOrDefault(old);

    /// <summary>Whether all of <paramref name="chain"/> is known, so that nothing of it has to be checked.</summary>
    public bool Holds(RotationChain chain) => chain.Statements.All(Holds);

    /// <summary>Whether <paramref name="did"/> may be a peer, as far as rotations go.</summary>
    public RotationStanding StandingOf(Did did)
    {
        var standing = _byOld.TryGetValue(did, out var own) ? own.IsFrozen ? RotationStanding.Frozen : RotationStanding.Retired : RotationStanding.Good;
        for (var current = did; _before.TryGetValue(current, out var old); current = old)
        {
            var entry = _byOld[old];
            if (entry.IsFrozen)
                return RotationStanding.Frozen;
            if (entry.Successor != current && standing == RotationStanding.Good)
                standing = RotationStanding.Rejected;
        }

        return standing;
    }

    /// <summary>The frozen key because of which <paramref name="did"/> is frozen.</summary>
    public RetiredKey? FrozenBy(Did did)
    {
        for (Did? current = did; current is not null; current = _before.GetValueOrDefault(current))
        {
            if (_byOld.TryGetValue(current, out var entry) && entry.IsFrozen)
                return entry;
        }

        return null;
    }

    /// <summary>
    /// Who has the place of <paramref name="did"/> now: itself if it was not rotated; null if that is frozen. Of a successor that the operator
    /// has decided against, the one that was chosen in its stead.
    /// </summary>
    public Did? Resolve(Did did)
    {
        Did? current = did;
        for (var key = did; _before.TryGetValue(key, out var old); key = old)
        {
            if (_byOld[old] is { Chosen: { } chosen } && chosen != key)
                current = old;
        }

        while (current is not null && _byOld.TryGetValue(current, out var entry))
            current = entry.Successor;
        return current;
    }

    /// <summary>
    /// With what <paramref name="chain"/>, which is genuine, says. Null when it cannot be: it would make a loop, have one key follow two
    /// others, or contradict itself once too often.
    /// </summary>
    public RotationTable? With(RotationChain chain)
    {
        var table = this;
        foreach (var statement in chain.Statements.Where(s => !Holds(s)))
        {
            if (table.With(statement) is not { } next)
                return null;
            table = next;
        }

        return table;
    }

    /// <summary>With the operator's decision for <paramref name="did"/>, if a key that it follows asks for one; else the same.</summary>
    public RotationTable Settle(Did did)
    {
        var table = this;
        for (var key = did; _before.TryGetValue(key, out var old); key = old)
        {
            if (_byOld[old] is { Statements.Count: > 1 } entry && entry.Chosen != key)
                table = table.Put(entry with { Chosen = key });
        }

        return table;
    }

    /// <summary>A table of these entries, as they were kept.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: they contradict each other as no table does.</exception>
    public static RotationTable Of(IEnumerable<RetiredKey> entries)
    {
        List<RetiredKey> all = [.. entries];
        foreach (var entry in all)
        {
            if (entry.Statements.Count is 0 or > RetiredKey.MaxStatements || entry.Statements.Any(s => s.Old != entry.Old))
                throw Invalid($"the statements about {entry.Old} are not 1 to {RetiredKey.MaxStatements} of its own");
            if (entry.Chosen is { } chosen && entry.Statements.All(s => s.New != chosen))
                throw Invalid($"{chosen} was chosen as successor of {entry.Old}, which does not name it");
        }

        if (all.Count > MaxEntries || all.DistinctBy(e => e.Old).Count() != all.Count
            || all.SelectMany(e => e.Statements).GroupBy(s => s.New).Any(g => g.Count() > 1))
        {
            throw Invalid($"it has over {MaxEntries} entries, a key is retired twice, or one follows two others");
        }

        var table = new RotationTable(all);
        return all.Any(e => table.IsInLoop(e.Old)) ? throw Invalid("its rotations make a loop") : table;
    }

    private static FirnException Invalid(string message) => new(FailureReason.InvalidInput, message);

    private bool IsInLoop(Did did)
    {
        // Without one, each step back leads to an entry that has not been there yet.
        Did? current = did;
        for (int steps = 0; steps <= _entries.Count && current is not null; steps++)
            current = _before.GetValueOrDefault(current);
        return current is not null;
    }

    private bool Holds(RotationStatement statement) => _before.GetValueOrDefault(statement.New) == statement.Old;

    private RotationTable? With(RotationStatement statement)
    {
        if (_before.ContainsKey(statement.New) || LeadsTo(statement.Old, statement.New))
            return null;
        if (!_byOld.TryGetValue(statement.Old, out var entry))
            return Put(new RetiredKey(statement.Old, [statement], null));
        return entry.Statements.Count < RetiredKey.MaxStatements ? Put(entry with { Statements = [.. entry.Statements, statement] }) : null;
    }

    /// <summary>Whether <paramref name="did"/> follows <paramref name="earlier"/>.</summary>
    private bool LeadsTo(Did did, Did earlier)
    {
        for (Did? current = did; current is not null; current = _before.GetValueOrDefault(current))
        {
            if (current == earlier)
                return true;
        }

        return false;
    }

    private RotationTable Put(RetiredKey entry)
    {
        var entries = new List<RetiredKey>(_entries);
        int known = entries.FindIndex(e => e.Old == entry.Old);
        if (known >= 0)
        {
            entries[known] = entry;
            return new RotationTable(entries);
        }

        if (entries.Count >= MaxEntries)
            entries.RemoveAt(Math.Max(0, entries.FindIndex(static e => !e.IsFrozen)));
        entries.Add(entry);
        return new RotationTable(entries);
    }
}
