using System.Buffers;
using Firn.Serialization;

namespace Firn.Messaging;

/// <summary>A function that peers may spawn, with the types of its argument and messages.</summary>
internal abstract class RegisteredFunction
{
    /// <summary>Makes the process from an argument that came as bytes; it does not run yet.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.BadMessage"/>: they are no such argument.</exception>
    public abstract ProcessCore Create(MessageHub hub, ReadOnlyMemory<byte> argument);
}

/// <inheritdoc/>
internal sealed class RegisteredFunction<TMessage, TArgument>(
    Func<Process<TMessage>, TArgument, Task> function, ProcessOptions options) : RegisteredFunction
{
    public override ProcessCore Create(MessageHub hub, ReadOnlyMemory<byte> argument)
    {
        // The bytes go back to the pool, and the process lives on.
        var bytes = new ReadOnlySequence<byte>(RawBytes.IsLent<TArgument>() ? argument.ToArray() : argument);
        var taken = Payloads.Read<TArgument>(bytes, options.Serializer ?? hub.Serializer, hub);
        return hub.Create<TMessage>(self => function(self, taken), options).CoreOf;
    }
}
