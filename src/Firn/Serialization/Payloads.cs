using System.Buffers;
using Firn.Messaging;

namespace Firn.Serialization;

/// <summary>
/// Values to bytes and back: raw bytes as they are, everything else with a serializer. Whatever a serializer throws comes out as
/// a <see cref="FirnException"/>.
/// </summary>
internal static class Payloads
{
    /// <summary>Appends <paramref name="value"/> to <paramref name="output"/>; what is there after a failure is to be dropped.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotSerializable"/>: it cannot become bytes.</exception>
    public static void Write<T>(T value, MessageSerializer serializer, IBufferWriter<byte> output)
    {
        if (RawBytes.TryGet(value, out var raw))
        {
            foreach (var piece in raw)
                output.Write(piece.Span);
            return;
        }

        try
        {
            serializer.Serialize(value, output);
        }
        catch (Exception e) when (e is not FirnException)
        {
            throw SerializationFailures.NotSerializable<T>(e);
        }
    }

    /// <summary>Reads a message or an argument, which is never null.</summary>
    /// <param name="input">What came. Types of <see cref="RawBytes.IsLent{T}"/> live no longer than it does.</param>
    /// <param name="serializer">Reads what is not raw bytes.</param>
    /// <param name="host">The node that reads: every <see cref="Pid"/> in the value can be used from it.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.BadMessage"/>: it is something else.</exception>
    public static T Read<T>(in ReadOnlySequence<byte> input, MessageSerializer serializer, ProcessHost? host) =>
        ReadReply<T>(input, serializer, host) ?? throw SerializationFailures.IsNull<T>();

    /// <summary>As <see cref="Read{T}(in ReadOnlySequence{byte}, MessageSerializer, ProcessHost?)"/>, of bytes in one piece.</summary>
    public static T Read<T>(ReadOnlyMemory<byte> input, MessageSerializer serializer, ProcessHost? host) =>
        RawBytes.TryRead<T>(input, out var raw) ? raw : Read<T>(new ReadOnlySequence<byte>(input), serializer, host);

    /// <summary>As <see cref="Read{T}(in ReadOnlySequence{byte}, MessageSerializer, ProcessHost?)"/>, for a reply: null where <typeparamref name="T"/> can be and null was sent.</summary>
    public static T? ReadReply<T>(in ReadOnlySequence<byte> input, MessageSerializer serializer, ProcessHost? host)
    {
        if (RawBytes.Is<T>())
            return RawBytes.Read<T>(input);

        using var reading = ProcessHost.Reading(host);
        try
        {
            return serializer.Deserialize<T>(input);
        }
        catch (Exception e) when (e is not FirnException { Reason: FailureReason.BadMessage })
        {
            throw SerializationFailures.BadMessage<T>(e);
        }
    }
}
