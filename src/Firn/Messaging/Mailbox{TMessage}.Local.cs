using Firn.Pooling;
using Firn.Protocol;
using Firn.Serialization;
using Firn.Sessions;

namespace Firn.Messaging;

/// <summary>Messages of this node's own processes, which come by reference and wait for room.</summary>
internal sealed partial class Mailbox<TMessage>
{
    public override ValueTask DeliverLocalAsync<TGiven>(
        TGiven message, CallTicket? call, TraceContext trace, bool mayWait, CancellationToken cancellationToken) =>
        LocalValues.TryConvert<TGiven, TMessage>(message, out var taken, out var failure)
            ? DeliverTakenAsync(taken, call, trace, mayWait, cancellationToken)
            : ValueTask.FromException(failure);

    /// <summary>As <see cref="DeliverLocalAsync"/>, of what the process takes.</summary>
    public ValueTask DeliverAsync(TMessage message, CallTicket? call, in TraceContext trace, bool mayWait, CancellationToken cancellationToken) =>
        RawBytes.Is<TMessage>()
            ? DeliverLocalAsync(message, call, trace, mayWait, cancellationToken)   // lent bytes are copied
            : DeliverTakenAsync(message, call, trace, mayWait, cancellationToken);

    private static FirnException OwnIsFull() => new(
        FailureReason.Busy, $"This process has {MaxLocal} messages in its own mailbox and cannot wait for room there: it is the one that makes it. Receive first.");

    private ValueTask DeliverTakenAsync(TMessage taken, CallTicket? call, in TraceContext trace, bool mayWait, CancellationToken cancellationToken)
    {
        LocalSend? send = null;
        bool wakes = false;
        lock (Gate)
        {
            if (IsClosed)
                return ValueTask.FromException(MessageHub.NoProcess());
            if (_incomingLocal >= MaxLocal || _waiting.Count > 0)
            {
                if (!mayWait)
                    return ValueTask.FromException(OwnIsFull());
                send = LocalSend.Rent(this, taken, call, trace);
                _waiting.Enqueue(send);
            }
            else
            {
                AppendLocal(taken, call, trace);
                wakes = StopsWaiting();
            }
        }

        if (wakes)
            Resume(here: false);
        if (send is null)
            return ValueTask.CompletedTask;

        var task = send.Task;
        if (cancellationToken.CanBeCanceled)
            send.CancelOn(cancellationToken);
        return task;
    }

    private void AppendLocal(TMessage message, CallTicket? call, in TraceContext trace)
    {
        ref var envelope = ref Append();
        _incomingLocal++;
        envelope.Local = message;
        if (!trace.IsNone)
            envelope.Trace = trace;
        if (call is not null)
        {
            Open(call);
            (envelope.Extra, envelope.CallVersion) = (call, call.Version);
        }
    }

    private void Cancel(LocalSend send, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            var rest = _waiting.Where(other => other != send).ToArray();
            if (rest.Length == _waiting.Count)
                return;   // delivered, or failed, at the same moment
            _waiting.Clear();
            foreach (var other in rest)
                _waiting.Enqueue(other);
        }

        send.Failure = new OperationCanceledException(cancellationToken);
        send.Complete();
    }

    /// <summary>A message of this node that waits for room.</summary>
    private sealed class LocalSend : SendOperation
    {
        private static readonly Pool<LocalSend> Sends = new(() => new LocalSend());

        private Mailbox<TMessage>? _mailbox;
        private CancellationTokenRegistration _cancellation;

        public TMessage Message { get; private set; } = default!;

        public CallTicket? Call { get; private set; }

        public TraceContext Trace { get; private set; }

        public static LocalSend Rent(Mailbox<TMessage> mailbox, TMessage message, CallTicket? call, TraceContext trace)
        {
            var send = Sends.Rent();
            (send._mailbox, send.Message, send.Call, send.Trace) = (mailbox, message, call, trace);
            return send;
        }

        public void CancelOn(CancellationToken cancellationToken) => _cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((LocalSend)state!)._mailbox?.Cancel((LocalSend)state, token), this);

        protected override void OnCompleting() => (Message, Call, Trace) = (default!, null, default);

        protected override void Recycle()
        {
            _cancellation.Dispose();
            (_mailbox, _cancellation) = (null, default);
            Sends.Return(this);
        }
    }
}
