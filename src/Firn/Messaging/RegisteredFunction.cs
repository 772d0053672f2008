using System.Buffers;
using Firn.Serialization;

namespace Firn.Messaging;

/// <summary>A function that peers may spawn, with the types of its argument and messages.</summary>
internal abstract class RegisteredFunction
{
    /// <summary>Makes the process from an argument that came as bytes; it does not run yet.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.BadMessage"/>: they are no such argument.</exception>
    public abstract ProcessCore Create(MessageHub hub, ReadOnlyMemory<byte> argument);

    /// <summary>Makes the process from an argument of this node.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.BadMessage"/>: it is of another type.</exception>
    public abstract ProcessCore CreateLocal<TGiven>(MessageHub hub, TGiven argument);
}

/// <inheritdoc/>
internal sealed class RegisteredFunction<TMessage, TArgument>(
    Func<Process<TMessage>, TArgument, Task> function, ProcessOptions options) : RegisteredFunction
{
    public override ProcessCore Create(MessageHub hub, ReadOnlyMemory<byte> argument)
    {
        // The bytes go back to the pool, and the process lives on.
        var bytes = new ReadOnlySequence<byte>(RawBytes.IsLent<TArgument>() ? argument.ToArray() : argument);
        return Create(hub, Payloads.Read<TArgument>(bytes, options.Serializer ?? hub.Serializer, hub));
    }

    public override ProcessCore CreateLocal<TGiven>(MessageHub hub, TGiven argument) =>
        LocalValues.TryConvert<TGiven, TArgument>(argument, out var taken, out var failure) ? Create(hub, taken) : throw failure;

    private ProcessCore Create(MessageHub hub, TArgument argument) =>
        hub.Create<TMessage>(self => function(self, argument), options).CoreOf;
}
