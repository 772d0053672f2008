using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>What the messages of a channel go to.</summary>
internal interface IMessageTarget
{
    /// <summary>A channel leads here from now on; false when the target is gone.</summary>
    bool TryAttach(InChannel channel);

    /// <summary>The channel no longer does.</summary>
    void Detach(InChannel channel);

    /// <summary>Takes a message of one frame, whose body is valid during the call. False: it is gone.</summary>
    bool Deliver(InChannel channel, in MessageHeader header, ReadOnlySpan<byte> body);

    /// <summary>Takes a message that came in several frames, and owns its buffer from then on. False: it is gone, and the caller keeps the buffer.</summary>
    bool Deliver(InChannel channel, in MessageHeader header, in LargeBody body);

    /// <summary>Whether it takes a message as soon as that is there.</summary>
    bool IsReady { get; }

    /// <summary>A channel has, or no longer has, a message whose rest waits until there is room or the target is ready.</summary>
    void OnReserving(bool begins);
}
