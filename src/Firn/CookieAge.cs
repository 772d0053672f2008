namespace Firn;

/// <summary>Which of a node's cookies a peer came in by.</summary>
public enum CookieAge
{
    /// <summary>The one that proves now.</summary>
    Current,

    /// <summary>One that only verifies still, until it is retired.</summary>
    Old,
}
