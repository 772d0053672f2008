namespace Firn.Protocol.Tests;

/// <summary>What one of two processes has done about the link between them.</summary>
internal sealed class LinkSide
{
    public bool HasActed { get; set; }

    /// <summary>Whether its last deed was to link; else it has unlinked what was linked.</summary>
    public bool HasLinked { get; set; }

    /// <summary>When it last linked.</summary>
    public long LinkedAt { get; set; }

    /// <summary>When its last Unlink came to the other's node; <see cref="long.MaxValue"/> while it is on its way.</summary>
    public long UnlinkArrivedAt { get; set; }

    /// <summary>How often it was told that the other one is gone.</summary>
    public int Notices { get; set; }

    /// <summary>How often it has linked.</summary>
    public int Links { get; set; }
}

/// <summary>What two processes have done about the link between them, in one session of their nodes.</summary>
internal sealed class LinkLog(SimProcess one)
{
    private readonly LinkSide _one = new();
    private readonly LinkSide _other = new();

    public LinkSide Of(SimProcess process) => process == one ? _one : _other;

    public LinkSide Facing(SimProcess process) => process == one ? _other : _one;

    /// <summary>Whether they must be linked, both alive and all signals delivered; null: requests crossed, and either may have won.</summary>
    public bool? IsLinked() =>
        _one.HasActed && _other.HasActed
            ? _one.HasLinked == _other.HasLinked ? _one.HasLinked : null
            : _one.HasLinked || _other.HasLinked;
}
