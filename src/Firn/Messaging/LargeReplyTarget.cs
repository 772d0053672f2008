using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>The target of a channel on which one reply comes that is too large for a frame.</summary>
internal sealed class LargeReplyTarget(ulong call) : OnceTarget
{
    public override bool Deliver(InChannel channel, in MessageHeader header, ReadOnlySpan<byte> body)
    {
        channel.Link.OnLargeReply(call, body);
        channel.OnConsumed(body.Length);
        return true;
    }

    public override bool Deliver(InChannel channel, in MessageHeader header, in LargeBody body)
    {
        channel.Link.OnLargeReply(call, body.Bytes.Span);
        body.Return(channel);
        channel.OnConsumed(body.Length);
        return true;
    }
}
