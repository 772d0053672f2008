using System.Buffers;
using Firn.Serialization;
using Google.Protobuf;

namespace Firn;

/// <summary>
/// Protocol Buffers, for the classes that <c>protoc</c> makes (<c>IMessage</c> of Google.Protobuf); it takes no others. A
/// <see cref="Pid"/> goes into a string field as its text.
/// </summary>
public sealed class ProtobufMessageSerializer : MessageSerializer
{
    /// <summary>The only one there needs to be.</summary>
    public static ProtobufMessageSerializer Default { get; } = new();

    /// <inheritdoc/>
    public override void Serialize<T>(T value, IBufferWriter<byte> output)
    {
        if (value is not IMessage message)
            throw new FirnException(FailureReason.NotSerializable, value is null ? "Protobuf has no null: send a message with nothing in it." : Needed<T>());
        message.WriteTo(output);
    }

    /// <inheritdoc/>
    public override T Deserialize<T>(in ReadOnlySequence<byte> input)
    {
        if (!typeof(IMessage).IsAssignableFrom(typeof(T)) || typeof(T).IsAbstract)
            throw new FirnException(FailureReason.BadMessage, Needed<T>());
        try
        {
            var value = Activator.CreateInstance<T>();
            ((IMessage)value!).MergeFrom(input);
            return value;
        }
        catch (Exception e)
        {
            throw SerializationFailures.BadMessage<T>(e);
        }
    }

    private static string Needed<T>() =>
        $"{TypeNames.Of(typeof(T))} is no protobuf message: expected a class that protoc made, or another serializer for this call (pid.Using(…)) or node (NodeOptions.Serializer).";
}
