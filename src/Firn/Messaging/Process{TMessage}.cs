using System.Diagnostics.CodeAnalysis;
using Firn.Messaging;
using Firn.Protocol;
using Firn.Serialization;

namespace Firn;

/// <summary>
/// A process as its own function sees it: an identity, a mailbox, and relations with other processes. Its members are for that
/// function alone, one call at a time; after the process has ended they throw <see cref="ProcessExitedException"/>.
/// </summary>
/// <typeparam name="TMessage">What it takes.</typeparam>
#pragma warning disable CA1001 // The reader of the mailbox has nothing to dispose of.
public sealed class Process<TMessage>
#pragma warning restore CA1001
{
    private readonly Core _core;
    private readonly Reader _messages;

    internal Process(Node node, MessageHub hub, ulong number, MessageSerializer serializer, Func<Process<TMessage>, Task> function)
    {
        Node = node;
        _core = new Core(hub, number, this, function);
        Serializer = serializer;
        _messages = new Reader(this);
        Exiting = _core.Exiting;
    }

    /// <summary>Its identity: give it away, and whoever has it can send.</summary>
    public Pid<TMessage> Pid => _core.Id.As<TMessage>();

    /// <summary>The node that it runs on.</summary>
    public Node Node { get; }

    /// <summary>
    /// Everything that comes, in order: messages, and notices of monitors, links and exits. What a message lends (raw bytes) is valid
    /// until the next one is asked for.
    /// </summary>
    public IAsyncEnumerable<Message<TMessage>> Messages => _messages;

    /// <summary>Cancelled when the process has ended, be it that somebody else ended it.</summary>
    public CancellationToken Exiting { get; }

    /// <summary>
    /// Whether the end of a linked process, or another's wish that this one end, comes as a <see cref="ExitNotice"/> instead of ending it.
    /// <see cref="ExitKind.Killed"/> cannot be trapped. False at first.
    /// </summary>
    public bool TrapExits
    {
        get => _core.TrapsExits;
        set
        {
            _core.ThrowIfExited();
            _core.TrapsExits = value;
        }
    }

    internal ProcessCore CoreOf => _core;

    internal MessageSerializer Serializer { get; }

    /// <summary>Takes the next message or notice if there is one; false at once if not.</summary>
    public bool TryReceive(out Message<TMessage> message) => TryNext(out message);

    /// <summary>Waits for the next message or notice.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; nothing is lost.</exception>
    public async ValueTask<Message<TMessage>> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        var registration = cancellationToken.UnsafeRegister(static core => ((Core)core!).Box.CancelWait(), _core);
        await using (registration.ConfigureAwait(false))
        {
            while (true)
            {
                _core.ThrowIfExited();
                cancellationToken.ThrowIfCancellationRequested();   // first, or a busy process would never stop
                if (TryNext(out var message))
                    return message;
                await _core.Box.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Asks to be told once when <paramref name="process"/> ends: a <see cref="Down"/> comes into the mailbox. At once, if it has ended or its
    /// node is not connected.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>: 65,536 monitors and links with that node stand.</exception>
    public MonitorRef Monitor(Pid process)
    {
        _core.ThrowIfExited();
        return new MonitorRef(_core.Hub.Monitor(_core, process));
    }

    /// <summary>As <see cref="Monitor(Pid)"/>, whatever process has <paramref name="name"/> at <paramref name="node"/> now.</summary>
    public MonitorRef Monitor(string name, Peer node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _core.ThrowIfExited();
        return new MonitorRef(_core.Hub.Monitor(_core, name, node));
    }

    /// <summary>Asks to be told once when the node with that name is no longer connected; at once if it is not.</summary>
    public void MonitorNode(NodeName node)
    {
        _core.ThrowIfExited();
        _core.Hub.MonitorNode(_core, node);
    }

    /// <summary>Takes a <see cref="MonitorNode"/> back. A <see cref="NodeDown"/> may be in the mailbox already.</summary>
    public void DemonitorNode(NodeName node)
    {
        _core.ThrowIfExited();
        _core.Hub.DemonitorNode(_core, node);
    }

    /// <summary>Takes a <see cref="Monitor(Pid)"/> back. A <see cref="Down"/> may be in the mailbox already.</summary>
    public void Demonitor(MonitorRef monitor)
    {
        _core.ThrowIfExited();
        _core.Hub.Demonitor(monitor.Number);
    }

    /// <summary>
    /// Ties the two together: when one ends, and not normally, so does the other, unless it traps exits. Loss of the connection counts as
    /// an end.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>: 65,536 monitors and links with that node stand.</exception>
    public void Link(Pid process)
    {
        _core.ThrowIfExited();
        _core.Hub.Link(_core, process);
    }

    /// <summary>Takes a <see cref="Link"/> back: the other's end no longer ends this process.</summary>
    public void Unlink(Pid process)
    {
        _core.ThrowIfExited();
        _core.Hub.Unlink(_core, process);
    }

    /// <summary>Starts a process on this node, as <see cref="Node.Spawn{TOther}(Func{Process{TOther}, Task}, ProcessOptions?)"/>, and links the two from its first moment.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>: another process has the name.</exception>
    public Pid<TOther> SpawnLinked<TOther>(Func<Process<TOther>, Task> function, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        _core.ThrowIfExited();
        return _core.Hub.Spawn(function, options, _core);
    }

    /// <summary>Starts a process on <paramref name="peer"/>, as <see cref="Peer.SpawnAsync{TOther, TArgument}"/>, and links the two from its first moment.</summary>
    /// <exception cref="FirnException">It was not started.</exception>
    public Task<Pid<TOther>> SpawnLinkedAsync<TOther, TArgument>(
        Peer peer, string function, TArgument argument, MessageSerializer? serializer = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        _core.ThrowIfExited();
        return _core.Hub.SpawnAsync<TOther, TArgument>(peer, function, argument, serializer, _core, cancellationToken);
    }

    /// <summary>Ends this process for <paramref name="reason"/>: throws.</summary>
    /// <exception cref="ProcessExitedException">Always.</exception>
    [DoesNotReturn]
    public void Exit(ExitReason reason)
    {
        _core.Exit(reason);
        throw new ProcessExitedException(_core.Id, _core.Reason);
    }

    private bool TryNext(out Message<TMessage> message)
    {
        _core.ThrowIfExited();
        while (_core.Box.TryTake(out var envelope))
        {
            if (TryOpen(envelope, out message))
                return true;
        }

        message = default;
        return false;
    }

    private bool TryOpen(in Envelope<TMessage> envelope, out Message<TMessage> message)
    {
        if (envelope.Extra is not null and not CallTicket)
        {
            message = new Message<TMessage>(envelope.Extra);
            return true;
        }

        var body = envelope.Local;
        var call = (CallTicket?)envelope.Extra;
        int version = envelope.CallVersion;
        if (envelope.Channel is not null)
        {
            try
            {
                body = Payloads.Read<TMessage>(envelope.Bytes, Serializer, _core.Hub);
            }
            catch (FirnException e)
            {
                // The sender's error: it is told if it waits, and the process is spared.
                _core.Hub.OnUnreadable(_core, e);
                if (call is not null && _core.Box.TryClaim(call, version))
                    call.Refuse(ReplyStatus.BadMessage, e.Message);
                message = default;
                return false;
            }
        }

        message = new Message<TMessage>(this, body, call, version, envelope.Trace, !_core.Box.HasMore);
        return true;
    }

    /// <summary>The process behind it.</summary>
    private sealed class Core(MessageHub hub, ulong number, Process<TMessage> self, Func<Process<TMessage>, Task> function) : ProcessCore(hub, number)
    {
        public Mailbox<TMessage> Box { get; } = new();

        public override Mailbox Mailbox => Box;

        public override MessageSerializer Serializer => self.Serializer;

        protected override Task InvokeAsync() => function(self);

        protected override void OnEnded() => Box.Abandon();
    }

    /// <summary>Reads the mailbox; the same one serves every enumeration, since there is one function.</summary>
    private sealed class Reader(Process<TMessage> process) : IAsyncEnumerable<Message<TMessage>>, IAsyncEnumerator<Message<TMessage>>
    {
        private Message<TMessage> _current;

        public Message<TMessage> Current => _current;

        public IAsyncEnumerator<Message<TMessage>> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            cancellationToken.CanBeCanceled ? new CancellableReader(process, cancellationToken) : this;

        public ValueTask<bool> MoveNextAsync() => process.TryNext(out _current) ? new ValueTask<bool>(true) : WaitAsync();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> WaitAsync()
        {
            do
                await process._core.Box.WaitAsync().ConfigureAwait(false);
            while (!process.TryNext(out _current));
            return true;
        }
    }

    private sealed class CancellableReader(Process<TMessage> process, CancellationToken cancellationToken) : IAsyncEnumerator<Message<TMessage>>
    {
        public Message<TMessage> Current { get; private set; }

        public async ValueTask<bool> MoveNextAsync()
        {
            Current = await process.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
