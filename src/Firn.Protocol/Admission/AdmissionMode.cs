namespace Firn;

/// <summary>What a node asks of a peer before it is one.</summary>
public enum AdmissionMode
{
    /// <summary>That it knows one of this node's cookies.</summary>
    Cookie,

    /// <summary>That its key is on this node's trust list. No cookie plays a part.</summary>
    Trust,

    /// <summary>Both.</summary>
    Both,
}
