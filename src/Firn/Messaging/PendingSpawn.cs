using System.Buffers.Binary;
using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>
/// A spawn whose caller awaits the number of the new process. A link is entered as soon as the reply is read, before anything that the new
/// process then signals.
/// </summary>
internal sealed class PendingSpawn(MessageHub hub, MessageLink link, ProcessCore? linkedTo) : PendingCall<ulong>(hub)
{
    public override void OnReply(ReplyStatus status, ReadOnlySpan<byte> body)
    {
        if (status != ReplyStatus.Ok)
        {
            base.OnReply(status, body);
        }
        else if (body.Length != sizeof(ulong) || BinaryPrimitives.ReadUInt64BigEndian(body) is var number && number == 0)
        {
            SetFailure(new FirnException(FailureReason.ProtocolError, $"{link.PeerKey.Name} answered a spawn with no process."));
        }
        else
        {
            if (linkedTo is not null)
                Hub.OnSpawnedLinked(linkedTo, link, number);
            SetReply(number);
        }
    }

    protected override void Recycle()
    {
        // Made for one spawn, which is rare.
    }
}
