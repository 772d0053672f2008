namespace Firn.Protocol;

/// <summary>What rotations have made of a key.</summary>
internal enum RotationStanding
{
    /// <summary>It is in force.</summary>
    Good,

    /// <summary>Another has taken its place; whoever still uses it may have stolen it.</summary>
    Retired,

    /// <summary>It, or one before it, has signed two statements that contradict each other: nobody inherits until the operator decides.</summary>
    Frozen,

    /// <summary>It claims to follow a key that the operator has decided to follow elsewhere.</summary>
    Rejected,
}
