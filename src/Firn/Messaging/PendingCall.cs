using System.Buffers;
using System.Threading.Tasks.Sources;
using Firn.Pooling;
using Firn.Protocol;
using Firn.Serialization;

namespace Firn.Messaging;

/// <summary>A call that awaits its reply. Exactly one of its endings is called, once it was taken from its <see cref="CallBook"/>.</summary>
internal abstract class PendingCall : IWaiter
{
    /// <summary>Its number in the call book.</summary>
    public ulong Call { get; set; }

    /// <summary>Gives up when <paramref name="cancellationToken"/> says so.</summary>
    public abstract void CancelOn(CallBook book, CancellationToken cancellationToken);

    /// <summary>A reply came as bytes, valid during the call. The caller goes on by <see cref="Resume"/>.</summary>
    public abstract void OnReply(ReplyStatus status, ReadOnlySpan<byte> body);

    /// <summary>A reply of a process of this node, whose replies to others <paramref name="serializer"/> writes.</summary>
    public abstract void OnLocalReply<TGiven>(TGiven reply, MessageSerializer serializer);

    public abstract void Resume(bool here);

    /// <summary>There will be no reply.</summary>
    public abstract void Fail(Exception failure);

    /// <summary>What a refused call fails with.</summary>
    public static FirnException Refusal(ReplyStatus status, string sentence) => new(
        status switch
        {
            ReplyStatus.NoProcess => FailureReason.NoProcess,
            ReplyStatus.BadMessage => FailureReason.BadMessage,
            ReplyStatus.NotRegistered => FailureReason.NotRegistered,
            ReplyStatus.Busy => FailureReason.Busy,
            _ => FailureReason.CallFailed,
        },
        sentence);
}

/// <summary>A call whose caller awaits a <typeparamref name="TReply"/>; the reply is read where the caller goes on.</summary>
#pragma warning disable CA1001 // A source of cancellation without timer or wait handle holds nothing to dispose of.
internal class PendingCall<TReply> : PendingCall, IValueTaskSource<TReply>
#pragma warning restore CA1001
{
    private static readonly Pool<PendingCall<TReply>> Calls = new(() => new PendingCall<TReply>());

    private ManualResetValueTaskSourceCore<TReply> _completion;
    private CancellationTokenSource _failed = new();
    private Exception? _failure;
    private TReply? _reply;
    private MessageSerializer _serializer = null!;
    private MessageHub _hub = null!;
    private byte[]? _body;
    private int _length;
    private CancellationTokenRegistration _cancellation;

    public ValueTask<TReply> Task => new(this, _completion.Version);

    /// <summary>Cancelled when the call has failed: a message that still waits to be sent need not be.</summary>
    public CancellationToken Failed => _failed.Token;

    private PendingCall()
    {
    }

    /// <summary>One whose reply is not read with a serializer.</summary>
    protected PendingCall(MessageHub hub) => _hub = hub;

    /// <summary>The caller's node, while the call lasts.</summary>
    protected MessageHub Hub => _hub;

    public static PendingCall<TReply> Rent(MessageHub hub, MessageSerializer serializer)
    {
        var call = Calls.Rent();
        (call._hub, call._serializer) = (hub, serializer);
        return call;
    }

    public override void CancelOn(CallBook book, CancellationToken cancellationToken)
    {
        // The state holds the number, since the object may serve another call by then.
        _cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((Cancellation)state!).Cancel(token), new Cancellation(book, Call));
    }

    public override void OnReply(ReplyStatus status, ReadOnlySpan<byte> body)
    {
        if (status != ReplyStatus.Ok)
        {
            SetFailure(Refusal(status, System.Text.Encoding.UTF8.GetString(body)));
            return;
        }

        if (!body.IsEmpty)
        {
            _body = ArrayPool<byte>.Shared.Rent(body.Length);
            body.CopyTo(_body);
        }

        _length = body.Length;
    }

    public override void OnLocalReply<TGiven>(TGiven reply, MessageSerializer serializer)
    {
        if (LocalValues.TryConvert<TGiven, TReply>(reply, out var result, out var failure))
        {
            _hub.Counts.AnsweredLocally();
            SetReply(result);
        }
        else
        {
            SetFailure(failure);
        }

        Resume(here: false);
    }

    public override void Fail(Exception failure)
    {
        SetFailure(failure);
        Resume(here: false);
    }

    public override void Resume(bool here)
    {
        _completion.RunContinuationsAsynchronously = !here;
        if (_failure is { } failure)
            _completion.SetException(failure);
        else
            _completion.SetResult(_reply!);
    }

    TReply IValueTaskSource<TReply>.GetResult(short token)
    {
        var (body, length, hub, serializer) = (_body, _length, _hub, _serializer);
        try
        {
            var result = _completion.GetResult(token);
            return length < 0 ? result : Read(body.AsMemory(0, length), serializer, hub);
        }
        finally
        {
            if (body is not null)
                ArrayPool<byte>.Shared.Return(body);
            _cancellation.Dispose();
            _completion.Reset();
            if (!_failed.TryReset())
                _failed = new CancellationTokenSource();
            (_body, _length, _cancellation, _hub, _serializer, _failure, _reply) = (null, 0, default, null!, null!, null, default);
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TReply>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<TReply>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Its caller has taken the result: it may serve again.</summary>
    protected virtual void Recycle() => Calls.Return(this);

    /// <summary>The reply is there, as what the caller awaits.</summary>
    protected void SetReply(TReply reply) => (_reply, _length) = (reply, -1);

    /// <summary>There is none.</summary>
    protected void SetFailure(Exception failure)
    {
        (_failure, _length) = (failure, -1);
        _hub.Counts.CallFailed(failure);
        _failed.Cancel();   // before the caller goes on, since this may then serve another; it calls back Firn alone
    }

    // The bytes go back to the pool at once: what would only be lent is copied.
    private static TReply Read(ReadOnlyMemory<byte> body, MessageSerializer serializer, ProcessHost host) =>
        Payloads.ReadReply<TReply>(new ReadOnlySequence<byte>(RawBytes.IsLent<TReply>() ? body.ToArray() : body), serializer, host)!;

    private sealed record Cancellation(CallBook Book, ulong Call)
    {
        public void Cancel(CancellationToken token) => Book.TryTake(Call)?.Fail(new OperationCanceledException(token));
    }
}
