namespace Firn;

/// <summary>Whether a node connects to nodes that its peers tell it of.</summary>
public enum MeshMode
{
    /// <summary>Connecting to one node connects to all that it knows.</summary>
    Full,

    /// <summary>Only the configured and explicitly dialled nodes; it neither hears nor tells of others.</summary>
    None,
}
