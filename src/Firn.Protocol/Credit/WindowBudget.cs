namespace Firn.Protocol;

/// <summary>
/// What the windows of a session may grow by, all together, beyond the floor that each has for itself. So one that is not read
/// costs the others their growth at most, never their life.
/// </summary>
internal sealed class WindowBudget(long size)
{
    private readonly long _size = size;
    private long _free = size;

    /// <summary>What is not taken.</summary>
    public long Free => _free;

    /// <summary>Windows are to shrink when they are read, instead of growing: less than an eighth is free, or memory is short.</summary>
    public bool IsTight => _free < _size / 8 || IsMemoryShort;

    /// <summary>The process is short of memory; set by the node.</summary>
    public bool IsMemoryShort { get; set; }

    /// <summary>Takes <paramref name="amount"/>, or nothing.</summary>
    public bool TryTake(long amount)
    {
        if (amount > _free || IsMemoryShort)
            return false;
        _free -= amount;
        return true;
    }

    /// <summary>Gives back what was taken.</summary>
    public void Return(long amount) => _free += amount;
}
