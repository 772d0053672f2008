namespace Firn;

/// <summary>The end of a tunnel that a node takes towards one peer.</summary>
public enum NodeRole
{
    /// <summary>None: the session stays up, and carries no tunnel.</summary>
    Indeterminate,

    /// <summary>Where traffic enters the mesh.</summary>
    Entry,

    /// <summary>Where traffic leaves the mesh through ordinary sockets.</summary>
    Exit,

    /// <summary>Joins two others: towards an entry it stands for the exit, towards an exit for the entry.</summary>
    Relay,
}

/// <summary>The capabilities that make a node fit for a role, as it describes itself to peers.</summary>
public static class NodeCapability
{
    /// <summary>It has a TUN device or a listener side: it can be <see cref="NodeRole.Entry"/>.</summary>
    public const string Entry = "entry";

    /// <summary>It opens connections for others: it can be <see cref="NodeRole.Exit"/>.</summary>
    public const string Exit = "exit";

    /// <summary>It forwards between peers: it can be <see cref="NodeRole.Relay"/>.</summary>
    public const string Relay = "relay";
}
