namespace Firn;

/// <summary>How much a <see cref="RoleHint"/> insists.</summary>
public enum RoleHintMode
{
    /// <summary>No wish.</summary>
    None,

    /// <summary>This role where the peer allows it, else any other.</summary>
    Prefer,

    /// <summary>Any role but this one.</summary>
    Exclude,

    /// <summary>This role or none.</summary>
    Fixed,
}

/// <summary>
/// A node's wish for its role. <see cref="NodeRole.Indeterminate"/> as a fixed role means none at all; to prefer or exclude it means nothing.
/// </summary>
/// <param name="Mode">How much it insists.</param>
/// <param name="Role">The role that it speaks of.</param>
public readonly record struct RoleHint(RoleHintMode Mode, NodeRole Role)
{
    /// <summary>No wish.</summary>
    public static RoleHint None => default;

    /// <summary>Prefers <paramref name="role"/>.</summary>
    public static RoleHint Prefer(NodeRole role) => new(RoleHintMode.Prefer, role);

    /// <summary>Never <paramref name="role"/>.</summary>
    public static RoleHint Exclude(NodeRole role) => new(RoleHintMode.Exclude, role);

    /// <summary>Only <paramref name="role"/>.</summary>
    public static RoleHint Fixed(NodeRole role) => new(RoleHintMode.Fixed, role);

    /// <summary>Whether it leaves <paramref name="role"/> open.</summary>
    internal bool Allows(NodeRole role) => Mode switch
    {
        RoleHintMode.Fixed => Role == role,
        RoleHintMode.Exclude => Role != role,
        _ => true,
    };
}
