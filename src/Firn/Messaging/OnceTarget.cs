using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>The target of a channel for one use. It is never gone, takes what comes at once, and has nobody to tell of its end.</summary>
internal abstract class OnceTarget : IMessageTarget
{
    public bool IsReady => true;

    public bool TryAttach(InChannel channel) => true;

    public void Detach(InChannel channel)
    {
    }

    public void OnReserving(bool begins)
    {
    }

    public abstract bool Deliver(InChannel channel, in MessageHeader header, ReadOnlySpan<byte> body);

    public abstract bool Deliver(InChannel channel, in MessageHeader header, in LargeBody body);
}
