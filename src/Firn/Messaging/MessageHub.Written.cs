namespace Firn.Messaging;

/// <summary>Messages that are bytes already, written as the serializer of their process would have: the control API's.</summary>
internal sealed partial class MessageHub
{
    /// <summary>Sends <paramref name="body"/>, which stays as it is, to whatever process has a name at a node.</summary>
    public ValueTask SendWrittenAsync(string name, NodeName node, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (node != Life.Node.Name)
            return SendAsync(name, node, body, serializer: null, cancellationToken);

        var process = FindNamed(name);
        return SendLocalAsync(process, Written(body, process), cancellationToken);
    }

    /// <summary>Calls whatever process has a name at a node; the reply is as its serializer writes it.</summary>
    public ValueTask<byte[]> CallWrittenAsync(
        string name, NodeName node, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (node != Life.Node.Name)
            return CallAsync<ReadOnlyMemory<byte>, byte[]>(name, node, body, timeout, serializer: null, cancellationToken);

        var process = FindNamed(name);
        return CallLocalAsync(new PendingWrittenCall(this), process, Written(body, process), timeout, cancellationToken);
    }

    private WrittenMessage Written(ReadOnlyMemory<byte> body, ProcessCore process) => new(body, process.Serializer, this);
}
