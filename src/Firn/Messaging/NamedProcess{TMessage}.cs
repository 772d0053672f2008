using Firn.Messaging;

namespace Firn;

/// <summary>
/// Whatever process has a name at a peer when a message arrives there. Unlike a <see cref="Pid{TMessage}"/> it may be another process
/// for each message.
/// </summary>
public sealed class NamedProcess<TMessage>
{
    private readonly MessageHub _hub;
    private readonly MessageSerializer? _serializer;

    internal NamedProcess(MessageHub hub, string name, NodeName node, MessageSerializer? serializer)
    {
        MessageHub.CheckSpelling(name);
        (_hub, Name, Node, _serializer) = (hub, name, node, serializer);
    }

    /// <summary>The name of the process.</summary>
    public string Name { get; }

    /// <summary>The node that it is looked for on.</summary>
    public NodeName Node { get; }

    /// <summary>The same, talked to with another serializer than the node's; the process must use the same one.</summary>
    public NamedProcess<TMessage> Using(MessageSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        return new(_hub, Name, Node, serializer);
    }

    /// <summary>
    /// As <see cref="Pid{TMessage}.SendAsync"/>. Whether the name is taken there is not known yet: when it was not, the next send says so.
    /// </summary>
    /// <exception cref="FirnException">It was not sent, or the one before met no process.</exception>
    public ValueTask SendAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        if (message is null)
            throw new ArgumentNullException(nameof(message));
        return _hub.SendAsync(Name, Node, message, _serializer, cancellationToken);
    }

    /// <summary>As <see cref="Pid{TMessage}.CallAsync{TReply}"/>.</summary>
    /// <exception cref="FirnException">No reply; <see cref="FailureReason.NoProcess"/> if no process has the name.</exception>
    public ValueTask<TReply> CallAsync<TReply>(TMessage message, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (message is null)
            throw new ArgumentNullException(nameof(message));
        return _hub.CallAsync<TMessage, TReply>(Name, Node, message, CallTimeout.Check(timeout), _serializer, cancellationToken);
    }

    /// <summary><c>name@node</c>.</summary>
    public override string ToString() => $"{Name} at {Node}";
}
