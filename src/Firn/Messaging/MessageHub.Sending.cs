using Firn.Protocol;
using Firn.Protocol.Wire;

namespace Firn.Messaging;

/// <summary>Messages, calls and spawns, as they set out: to a process of this node, or over the link to its node.</summary>
internal sealed partial class MessageHub
{
    // What goes wrong is told by the task, always: who sends to many at once is not to lose the others.
#pragma warning disable CA1031 // It is not swallowed.
    public override ValueTask SendAsync<T>(Pid to, T message, MessageSerializer? serializer, CancellationToken cancellationToken) =>
        SendToAsync(to, message, serializer, cancellationToken);

    /// <summary>As <see cref="SendAsync{T}(Pid, T, MessageSerializer?, CancellationToken)"/>, and not virtual.</summary>
    public ValueTask SendToAsync<T>(Pid to, T message, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        try
        {
            ThrowIfOver(cancellationToken);
            return RouteTo(to) is not { } link
                ? SendLocalAsync(FindHere(to.Number), message, cancellationToken)
                : link.SendAsync(TargetKey.Of(to.Number), message, serializer ?? Serializer, Tracing.Current(), cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException(e);
        }
    }

    public override ValueTask<TReply> CallAsync<T, TReply>(
        Pid to, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        try
        {
            ThrowIfOver(cancellationToken);
            return RouteTo(to) is not { } link
                ? CallLocalAsync<T, TReply>(FindHere(to.Number), message, timeout, cancellationToken)
                : CallRemoteAsync<T, TReply>(link, TargetKey.Of(to.Number), message, timeout, serializer, cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<TReply>(e);
        }
    }

    /// <summary>Sends to whatever process has a name at a node.</summary>
    public ValueTask SendAsync<T>(string name, NodeName node, T message, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        try
        {
            ThrowIfOver(cancellationToken);
            return node == Life.Node.Name
                ? SendLocalAsync(FindNamed(name), message, cancellationToken)
                : LinkTo(node).SendAsync(TargetKey.Of(name), message, serializer ?? Serializer, Tracing.Current(), cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException(e);
        }
    }

    /// <summary>Calls whatever process has a name at a node.</summary>
    public ValueTask<TReply> CallAsync<T, TReply>(
        string name, NodeName node, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        try
        {
            ThrowIfOver(cancellationToken);
            return node == Life.Node.Name
                ? CallLocalAsync<T, TReply>(FindNamed(name), message, timeout, cancellationToken)
                : CallRemoteAsync<T, TReply>(LinkTo(node), TargetKey.Of(name), message, timeout, serializer, cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<TReply>(e);
        }
    }
#pragma warning restore CA1031

    /// <summary>Spawns a function of a peer.</summary>
    public async Task<Pid<TMessage>> SpawnAsync<TMessage, TArgument>(
        Peer peer, string function, TArgument argument, MessageSerializer? serializer, ProcessCore? linkedTo, CancellationToken cancellationToken)
    {
        ThrowIfOver(cancellationToken);
        CheckSpelling(function);
        if (argument is null)
            throw new ArgumentNullException(nameof(argument));
        var link = LinkTo(peer.Key);
        var target = new ChannelTarget { Spawn = new SpawnTarget { Function = function, LinkedTo = linkedTo?.Number ?? 0 } };
        var call = new PendingSpawn(this, link, linkedTo);
        ulong number = await link.CallAsync<TArgument, ulong>(
            TargetKey.OnceOnly(target), argument, call, CallTimeout.Check(null), serializer ?? Serializer, Tracing.Current(), cancellationToken).ConfigureAwait(false);
        return new Pid<TMessage>(new Pid(link.Life, number, this), serializer);
    }

    private static void ThrowIfOver(CancellationToken cancellationToken)
    {
        ProcessCore.ThrowIfCurrentExited();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private ProcessCore FindHere(ulong number) => _processes.GetValueOrDefault(number) ?? throw NoProcess();

    private ProcessCore FindNamed(string name) => _names.GetValueOrDefault(name) ?? throw NoProcess($"No process called {name} is on this node.");

    /// <summary>The link to the node of a process; null if that is this one.</summary>
    private MessageLink? RouteTo(Pid id)
    {
        var life = id.Life;
        if (ReferenceEquals(life, Life))
            return null;
        if (life.Route is { IsRoute: true } known && known.Hub == this)
            return known;
        if (life == Life)
            return null;

        if (IsOfEarlierLife(id))
            throw NoProcess($"{id} belonged to an earlier life of {life.Node.Name}, which has been restarted.");
        var link = LinkTo(life.Node);
        return link.Life == life ? life.Route = link : throw NotConnected(life.Node.Name);
    }

    /// <summary>Whether its node, this one or a connected one, has been started again since.</summary>
    private bool IsOfEarlierLife(Pid id)
    {
        var node = id.Life.Node;
        return node == Life.Node ? !IsHere(id) : _links.TryGetValue(node, out var link) && id.Life.Incarnation < link.Life.Incarnation;
    }

    private static FirnException NotConnected(NodeName node) =>
        new(FailureReason.NotConnected, $"{node} is not connected: connect first, or wait for PeerUp.");

    private MessageLink LinkTo(PeerKey peer) => _links.GetValueOrDefault(peer) ?? throw NotConnected(peer.Name);

    private MessageLink LinkTo(NodeName node)
    {
        foreach (var (peer, link) in _links)   // unlike Values this locks and copies nothing
        {
            if (peer.Name == node)
                return link;
        }

        throw NotConnected(node);
    }

    private static ValueTask SendLocalAsync<T>(ProcessCore process, T message, CancellationToken cancellationToken) =>
        process.Mailbox is Mailbox<T> mailbox   // not through a generic virtual call, which costs as much as the rest
            ? mailbox.DeliverAsync(message, null, Tracing.Current(), MayWaitFor(process), cancellationToken)
            : process.Mailbox.DeliverLocalAsync(message, null, Tracing.Current(), MayWaitFor(process), cancellationToken);

    /// <summary>Nobody but itself makes room in a process's mailbox.</summary>
    private static bool MayWaitFor(ProcessCore process) => ProcessCore.Current != process;

    private ValueTask<TReply> CallLocalAsync<T, TReply>(ProcessCore process, T message, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallLocalAsync(PendingCall<TReply>.Rent(this, Serializer), process, message, timeout, cancellationToken);

    private ValueTask<TReply> CallLocalAsync<T, TReply>(
        PendingCall<TReply> call, ProcessCore process, T message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _localCalls.Add(call, timeout, cancellationToken);
        ulong number = call.Call;
        var reply = call.Task;
        ValueTask sent;
        try
        {
            sent = process.Mailbox.DeliverLocalAsync(message, CallTicket.Of(_localCalls, call), Tracing.Current(), MayWaitFor(process), call.Failed);
        }
        catch (FirnException e) when (_localCalls.TryTake(number) is { } pending)
        {
            pending.Fail(e);
            return reply;
        }

        return sent.IsCompletedSuccessfully ? reply : _localCalls.AwaitAsync(sent, number, reply);
    }

    private ValueTask<TReply> CallRemoteAsync<T, TReply>(
        MessageLink link, TargetKey target, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        serializer ??= Serializer;
        var call = PendingCall<TReply>.Rent(this, serializer);
        return link.CallAsync<T, TReply>(target, message, call, timeout, serializer, Tracing.Current(), cancellationToken);
    }
}
