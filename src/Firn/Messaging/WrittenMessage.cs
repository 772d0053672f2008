using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Firn.Serialization;

namespace Firn.Messaging;

/// <summary>
/// A message for a process of this node that comes from outside as bytes, such as from the control API: read as if a peer had sent it.
/// </summary>
/// <param name="Body">Stays as it is: a message of raw bytes is this very memory.</param>
/// <param name="Serializer">The receiver's.</param>
/// <param name="Host">What the pids in it are attached to.</param>
internal readonly record struct WrittenMessage(ReadOnlyMemory<byte> Body, MessageSerializer Serializer, ProcessHost Host)
{
    /// <summary>The message as the receiver takes it; false: it is none.</summary>
    public bool TryRead<TMessage>(out TMessage message, [NotNullWhen(false)] out FirnException? failure)
    {
        failure = null;
        try
        {
            message = Payloads.Read<TMessage>(new ReadOnlySequence<byte>(Body), Serializer, Host);
            return true;
        }
        catch (FirnException e)
        {
            (message, failure) = (default!, e);
            return false;
        }
    }
}

/// <summary>A call of a process of this node whose caller wants the reply as a peer would get it: as bytes.</summary>
internal sealed class PendingWrittenCall(MessageHub hub) : PendingCall<byte[]>(hub)
{
    public override void OnLocalReply<TGiven>(TGiven reply, MessageSerializer serializer)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            Payloads.Write(reply, serializer, output);
            SetReply(output.WrittenSpan.ToArray());
        }
        catch (FirnException e)
        {
            SetFailure(e);
        }

        Resume(here: false);
    }

    protected override void Recycle()
    {
        // Made for one call.
    }
}
