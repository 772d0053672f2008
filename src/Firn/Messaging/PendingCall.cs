using System.Buffers;
using System.Threading.Tasks.Sources;
using Firn.Pooling;
using Firn.Protocol;
using Firn.Serialization;

namespace Firn.Messaging;

/// <summary>A call that awaits its reply. Exactly one of its endings is called, once it was taken from its <see cref="CallBook"/>.</summary>
internal abstract class PendingCall : IWaiter
{
    /// <summary>Its number in the call book; 0 once it is over.</summary>
    public ulong Call { get; set; }

    /// <summary>Gives up when <paramref name="cancellationToken"/> says so.</summary>
    public abstract void CancelOn(CallBook book, CancellationToken cancellationToken);

    /// <summary>A reply came as bytes, valid during the call. The caller goes on by <see cref="Resume"/>.</summary>
    public abstract void OnReply(ReplyStatus status, ReadOnlySpan<byte> body);

    /// <summary>A reply of a process of this node.</summary>
    public abstract void OnLocalReply<TGiven>(TGiven reply);

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
            _ => FailureReason.CallFailed,
        },
        sentence);
}

/// <summary>A call whose caller awaits a <typeparamref name="TReply"/>; the reply is read where the caller goes on.</summary>
internal class PendingCall<TReply> : PendingCall, IValueTaskSource<TReply>
{
    private static readonly Pool<PendingCall<TReply>> Calls = new(() => new PendingCall<TReply>());

    private ManualResetValueTaskSourceCore<TReply> _completion;
    private Exception? _failure;
    private TReply? _reply;
    private MessageSerializer _serializer = null!;
    private ProcessHost _host = null!;
    private byte[]? _body;
    private int _length;
    private CancellationTokenRegistration _cancellation;

    public ValueTask<TReply> Task => new(this, _completion.Version);

    public static PendingCall<TReply> Rent(ProcessHost host, MessageSerializer serializer)
    {
        var call = Calls.Rent();
        (call._host, call._serializer) = (host, serializer);
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

    public override void OnLocalReply<TGiven>(TGiven reply)
    {
        if (LocalValues.TryConvert<TGiven, TReply>(reply, out var result, out var failure))
            SetReply(result);
        else
            SetFailure(failure);
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
        var (body, length, host, serializer) = (_body, _length, _host, _serializer);
        try
        {
            var result = _completion.GetResult(token);
            return length < 0 ? result : Read(body.AsMemory(0, length), serializer, host);
        }
        finally
        {
            if (body is not null)
                ArrayPool<byte>.Shared.Return(body);
            _cancellation.Dispose();
            _completion.Reset();
            (_body, _length, _cancellation, _host, _serializer, _failure, _reply) = (null, 0, default, null!, null!, null, default);
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
    protected void SetFailure(Exception failure) => (_failure, _length) = (failure, -1);

    // The bytes go back to the pool at once: what would only be lent is copied.
    private static TReply Read(ReadOnlyMemory<byte> body, MessageSerializer serializer, ProcessHost host) =>
        Payloads.ReadReply<TReply>(new ReadOnlySequence<byte>(RawBytes.IsLent<TReply>() ? body.ToArray() : body), serializer, host)!;

    private sealed record Cancellation(CallBook Book, ulong Call)
    {
        public void Cancel(CancellationToken token) => Book.TryTake(Call)?.Fail(new OperationCanceledException(token));
    }
}
