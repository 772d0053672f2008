using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>One place in a mailbox.</summary>
internal struct Envelope<TMessage>
{
    /// <summary>The message, if it comes from this node.</summary>
    public TMessage Local;

    /// <summary>Its bytes, if it comes from another.</summary>
    public byte[]? Buffer;

    public int Offset;
    public int Length;

    /// <summary>The channel that it came on; null from this node.</summary>
    public InChannel? Channel;

    /// <summary>A <see cref="Down"/>, <see cref="ExitNotice"/> or <see cref="NodeDown"/>, or the <see cref="CallTicket"/> of a call.</summary>
    public object? Extra;

    /// <summary>What was reserved for the message; -1 when the buffer is not its own.</summary>
    public long Reserved;

    /// <summary>A <see cref="TraceContext"/>, if it has one.</summary>
    public object? Trace;

    public readonly ReadOnlyMemory<byte> Bytes => new(Buffer, Offset, Length);
}
