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

    /// <summary>The use of the ticket that is meant: once the call is answered, the ticket serves others.</summary>
    public int CallVersion;

    /// <summary>What was reserved for the message; -1 when the buffer is not its own.</summary>
    public int Reserved;

    /// <summary>A <see cref="TraceContext"/>, if it has one.</summary>
    public object? Trace;

    public readonly ReadOnlyMemory<byte> Bytes => new(Buffer, Offset, Length);
}
