namespace Firn.Messaging;

/// <summary>The node as its pids see it: what carries their messages.</summary>
internal abstract class ProcessHost
{
    /// <summary>The host for which this thread deserializes at the moment, which is a synchronous affair.</summary>
    [ThreadStatic]
    private static ProcessHost? _reading;

    /// <summary>The node, and its present life.</summary>
    public abstract NodeLife Life { get; }

    /// <summary>Sends; completes when the message was taken on, waits while the receiver's mailbox is full.</summary>
    /// <param name="to">The receiver, on this node or another.</param>
    /// <param name="message">Not null.</param>
    /// <param name="serializer">Null: the node's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract ValueTask SendAsync<T>(Pid to, T message, MessageSerializer? serializer, CancellationToken cancellationToken);

    /// <summary>Sends, and waits for the reply.</summary>
    public abstract ValueTask<TReply> CallAsync<T, TReply>(
        Pid to, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken);

    /// <summary>The same process, to be used from this node.</summary>
    public Pid Attach(Pid pid) => pid.WithHost(this);

    /// <summary>What a pid that is read on this thread is attached to.</summary>
    public static ProcessHost? OfReader => _reading;

    /// <summary>Until disposed, pids read on this thread are attached to <paramref name="host"/>.</summary>
    public static ReadingScope Reading(ProcessHost? host) => new(host);

    internal readonly ref struct ReadingScope
    {
        private readonly ProcessHost? _outer;

        public ReadingScope(ProcessHost? host) => (_outer, _reading) = (_reading, host);

        public void Dispose() => _reading = _outer;
    }
}
