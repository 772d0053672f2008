namespace Firn;

/// <summary>Codes with which Firn itself resets a stream; an application's begin at <see cref="Application"/>.</summary>
public static class StreamResetCode
{
    /// <summary>One of the two ends no longer wanted it.</summary>
    public const uint Cancelled = 0;

    /// <summary>Nothing handles streams of that protocol there.</summary>
    public const uint UnknownProtocol = 1;

    /// <summary>Its handler threw.</summary>
    public const uint HandlerFailed = 2;

    /// <summary>That end serves as many streams of this one as it takes.</summary>
    public const uint Busy = 3;

    /// <summary>It went on through that end, which has lost the node beyond it.</summary>
    public const uint RelayLost = 4;

    /// <summary>The first code of an application.</summary>
    public const uint Application = 256;
}
