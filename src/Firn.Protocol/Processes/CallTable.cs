using System.Diagnostics.CodeAnalysis;

namespace Firn.Protocol;

/// <summary>
/// Calls that await their reply. Takes a waiter with its deadline and gives an id; gives the waiter back for the id, once, or when
/// its deadline has passed, or when all end. Adding and taking are O(1) and allocate nothing once the table has its size.
/// <para>An id is a slot and how often it was used, so the late reply to one call is not taken for another's. The caller locks.</para>
/// </summary>
internal sealed class CallTable<T>
{
    /// <summary>Calls that may await their reply at a time.</summary>
    public const int MaxOutstanding = 1 << SlotBits;

    private const int SlotBits = 16;
    private const ulong Use = 1 << SlotBits;   // 48 bits of uses last a slot for years
    private const int FirstSize = 16;
    private const int GroupSize = 256;
    private const int None = -1;

    private Slot[] _slots = [];
    private int _used;
    private int _free = None;

    // Not later than the deadlines in each group of slots: a take does not look for the next one, so that a sweep visits few groups.
    private long[] _earliest = [];

    /// <summary>Calls that await their reply.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Never later than the earliest deadline. It may be that of a call that has ended; when it has passed
    /// <see cref="TryTakeExpired(long, out T)"/> finds the next. <see cref="long.MaxValue"/>: no call has one.
    /// </summary>
    public long NextDeadline { get; private set; } = long.MaxValue;

    /// <summary>Takes in a waiter; false when there are too many. The id is never 0.</summary>
    /// <param name="waiter">Who waits.</param>
    /// <param name="deadline">Until when; <see cref="long.MaxValue"/>: for ever.</param>
    /// <param name="id">What the reply will name.</param>
    public bool TryAdd(T waiter, long deadline, out ulong id)
    {
        id = 0;
        if (Count == MaxOutstanding)
            return false;

        int index = TakeSlot();
        ref var slot = ref _slots[index];
        slot.Waiter = waiter;
        slot.Deadline = deadline;
        slot.IsTaken = true;
        slot.Id = id = slot.Id + Use;
        ref long earliest = ref _earliest[index / GroupSize];
        earliest = Math.Min(earliest, deadline);
        NextDeadline = Math.Min(NextDeadline, deadline);
        Count++;
        return true;
    }

    /// <summary>Gives the waiter back; false when the call has ended, or never was.</summary>
    public bool TryTake(ulong id, [MaybeNullWhen(false)] out T waiter)
    {
        int index = (int)(id % Use);
        bool isFound = index < _used && _slots[index].IsTaken && _slots[index].Id == id;
        waiter = isFound ? Take(index) : default;
        return isFound;
    }

    /// <summary>Gives back one whose deadline is not after <paramref name="now"/>; false when there is no further one.</summary>
    public bool TryTakeExpired(long now, [MaybeNullWhen(false)] out T waiter)
    {
        now = Math.Min(now, long.MaxValue - 1);   // for ever is never over
        while (NextDeadline <= now)
        {
            int group = FindDueGroup(now);
            if (group == None)
                NextDeadline = EarliestOfAll();
            else if (TryTakeExpired(group, now, out waiter))
                return true;
        }

        waiter = default;
        return false;
    }

    /// <summary>Gives back all, those that were added first not necessarily first.</summary>
    public IReadOnlyList<T> TakeAll()
    {
        var waiters = new List<T>(Count);
        for (int index = 0; index < _used; index++)
        {
            if (_slots[index].IsTaken)
                waiters.Add(Take(index));
        }

        return waiters;
    }

    private int TakeSlot()
    {
        if (_free != None)
        {
            int free = _free;
            _free = _slots[free].NextFree;
            return free;
        }

        if (_used == _slots.Length)
            Grow();
        _slots[_used].Id = (ulong)_used;
        return _used++;
    }

    private void Grow()
    {
        Array.Resize(ref _slots, Math.Max(FirstSize, _slots.Length * 2));
        int groups = _earliest.Length;
        Array.Resize(ref _earliest, (_slots.Length + GroupSize - 1) / GroupSize);
        _earliest.AsSpan(groups).Fill(long.MaxValue);
    }

    private T Take(int index)
    {
        ref var slot = ref _slots[index];
        var waiter = slot.Waiter;
        (slot.Waiter, slot.IsTaken, slot.NextFree) = (default!, false, _free);
        _free = index;
        if (--Count == 0)
            NextDeadline = long.MaxValue;   // what the groups say is stale, but not too late
        return waiter;
    }

    private int FindDueGroup(long now)
    {
        for (int group = 0; group < _earliest.Length; group++)
        {
            if (_earliest[group] <= now)
                return group;
        }

        return None;
    }

    private bool TryTakeExpired(int group, long now, [MaybeNullWhen(false)] out T waiter)
    {
        long earliest = long.MaxValue;
        int end = Math.Min(_used, (group + 1) * GroupSize);
        for (int index = group * GroupSize; index < end; index++)
        {
            ref var slot = ref _slots[index];
            if (slot.IsTaken && slot.Deadline <= now)
            {
                waiter = Take(index);
                return true;
            }

            if (slot.IsTaken)
                earliest = Math.Min(earliest, slot.Deadline);
        }

        _earliest[group] = earliest;
        waiter = default;
        return false;
    }

    private long EarliestOfAll()
    {
        long earliest = long.MaxValue;
        foreach (long ofGroup in _earliest)
            earliest = Math.Min(earliest, ofGroup);
        return earliest;
    }

    private struct Slot
    {
        public T Waiter;
        public ulong Id;
        public long Deadline;
        public int NextFree;
        public bool IsTaken;
    }
}
