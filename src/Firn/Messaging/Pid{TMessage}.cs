using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Firn.Messaging;

namespace Firn;

/// <summary>A <see cref="Pid"/> of a process that takes <typeparamref name="TMessage"/>: the same identity, and ways to talk to it.</summary>
[JsonConverter(typeof(PidJsonConverter))]
public readonly struct Pid<TMessage> : IEquatable<Pid<TMessage>>
{
    private readonly MessageSerializer? _serializer;

    internal Pid(Pid id, MessageSerializer? serializer) => (Id, _serializer) = (id, serializer);

    /// <summary>Which process it is, whatever it takes.</summary>
    public Pid Id { get; }

    /// <summary>The same process, talked to with another serializer than the node's; the process must use the same one.</summary>
    public Pid<TMessage> Using(MessageSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        return new(Id, serializer);
    }

    /// <summary>
    /// Sends a message: at most once, and in order with others of this sender. Completes when it was taken on, not when it was read;
    /// waits while the receiver's mailbox is full. Between processes of one node it passes by reference, so do not change it.
    /// </summary>
    /// <param name="message">Not null.</param>
    /// <param name="cancellationToken">Ends the wait; then the message is not sent.</param>
    /// <exception cref="FirnException">It was not sent: there is no such process, its node is not connected, or the message cannot
    /// become bytes.</exception>
    public ValueTask SendAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        if (message is null)
            throw new ArgumentNullException(nameof(message));
        return Id.Host is MessageHub hub   // not through a generic virtual call, which costs as much as the rest
            ? hub.SendToAsync(Id, message, _serializer, cancellationToken)
            : Id.Host.SendAsync(Id, message, _serializer, cancellationToken);
    }

    /// <summary>Sends a message and waits for its reply, which may be null if <typeparamref name="TReply"/> can be.</summary>
    /// <param name="message">Not null.</param>
    /// <param name="timeout">How long to wait, at most a day; 5 s unless given.</param>
    /// <param name="cancellationToken">Ends the wait; the process may have got the message.</param>
    /// <exception cref="FirnException">No reply: the process ended or was not there, its node was lost, it did not answer in time
    /// (<see cref="FailureReason.TimedOut"/>), it could not read the message or its reply cannot be read
    /// (<see cref="FailureReason.BadMessage"/>).</exception>
    public ValueTask<TReply> CallAsync<TReply>(TMessage message, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (message is null)
            throw new ArgumentNullException(nameof(message));
        return Id.Host.CallAsync<TMessage, TReply>(Id, message, CallTimeout.Check(timeout), _serializer, cancellationToken);
    }

    /// <summary>The text of <see cref="Id"/>.</summary>
    public override string ToString() => Id.ToString();

    /// <summary>Whether both are the same process; with which serializer one talks to it makes no difference.</summary>
    public bool Equals(Pid<TMessage> other) => Id == other.Id;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Pid<TMessage> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();

    /// <summary>Whether both are the same process.</summary>
    public static bool operator ==(Pid<TMessage> left, Pid<TMessage> right) => left.Equals(right);

    /// <summary>Whether they are different processes.</summary>
    public static bool operator !=(Pid<TMessage> left, Pid<TMessage> right) => !left.Equals(right);

#pragma warning disable CA2225 // Id is the named way.
    /// <summary>The process, whatever it takes.</summary>
    public static implicit operator Pid(Pid<TMessage> pid) => pid.Id;
#pragma warning restore CA2225
}
