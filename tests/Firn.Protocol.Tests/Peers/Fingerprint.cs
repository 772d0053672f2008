namespace Firn.Protocol.Tests;

/// <summary>128 bits of everything that was added, in order: two states that differ collide practically never.</summary>
internal struct Fingerprint
{
    private ulong _high = 0x9E3779B97F4A7C15;
    private ulong _low = 0xC2B2AE3D27D4EB4F;

    public Fingerprint()
    {
    }

    public readonly UInt128 Value => new(_high, _low);

    public void Add(params ReadOnlySpan<long> values)
    {
        foreach (long value in values)
        {
            _high = Mix(_high ^ (ulong)value, 0xBF58476D1CE4E5B9);
            _low = Mix(_low + (ulong)value, 0x94D049BB133111EB);
        }
    }

    private static ulong Mix(ulong state, ulong factor)
    {
        state = (state ^ (state >> 31)) * factor;
        return ulong.RotateLeft(state, 27) + 0x165667B19E3779F9;
    }
}
