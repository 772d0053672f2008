namespace Firn;

/// <summary>A stream was reset by one of its two ends: what was under way on it is lost.</summary>
public sealed class StreamResetException : IOException
{
    /// <summary>A reset with <paramref name="code"/>, described by <paramref name="message"/>.</summary>
    public StreamResetException(uint code, string message)
        : base(message) => Code = code;

    /// <summary>Why, as the end that reset it says: one of <see cref="StreamResetCode"/>, or an application's own.</summary>
    public uint Code { get; }
}
