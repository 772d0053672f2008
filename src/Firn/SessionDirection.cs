namespace Firn;

/// <summary>Which end dialled a session.</summary>
public enum SessionDirection
{
    /// <summary>The peer dialled.</summary>
    Inbound,

    /// <summary>This node dialled.</summary>
    Outbound,
}
