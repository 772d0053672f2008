using System.Buffers;
using System.Threading.Tasks.Sources;
using Firn.Pooling;
using Firn.Protocol;
using Firn.Serialization;

namespace Firn.Messaging;

/// <summary>A call that awaits its reply. Exactly one of its endings is called, once it was taken from its <see cref="CallBook"/>.</summary>
#pragma warning disable CA1001 // A source without timer or wait handle holds nothing to dispose of.
internal abstract class PendingCall
#pragma warning restore CA1001
{
    private CancellationTokenSource? _over;
    private volatile bool _isSending;

    /// <summary>Its number in the call book; 0 once it is over.</summary>
    public ulong Call { get; set; }

    /// <summary>Its message is about to be sent; the token says that the call is over before that is done.</summary>
    public CancellationToken BeginSending()
    {
        _isSending = true;
        return (_over ??= new CancellationTokenSource()).Token;
    }

    /// <summary>Its message was sent, or is not.</summary>
    public void EndSending() => _isSending = false;

    /// <summary>It is about to end: a message that waits is not sent any more.</summary>
    protected void StopSending()
    {
        if (_isSending)
            _over!.Cancel();
    }

    /// <summary>It may serve again.</summary>
    protected void Renew()
    {
        if (_over is not { IsCancellationRequested: true })
            return;
        _over.Dispose();
        _over = null;
    }

    /// <summary>A reply came as bytes, valid during the call.</summary>
    public abstract void OnReply(ReplyStatus status, ReadOnlySpan<byte> body);

    /// <summary>A reply of a process of this node.</summary>
    public abstract void OnLocalReply<TGiven>(TGiven reply);

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

    private ManualResetValueTaskSourceCore<TReply> _completion = new() { RunContinuationsAsynchronously = true };
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

    /// <summary>Gives up when <paramref name="cancellationToken"/> says so.</summary>
    public void CancelOn(CallBook book, CancellationToken cancellationToken)
    {
        // The state holds the number, since the object may serve another call by then.
        _cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((Cancellation)state!).Cancel(token), new Cancellation(book, Call));
    }

    public override void OnReply(ReplyStatus status, ReadOnlySpan<byte> body)
    {
        if (status != ReplyStatus.Ok)
        {
            Fail(Refusal(status, System.Text.Encoding.UTF8.GetString(body)));
            return;
        }

        StopSending();
        if (!body.IsEmpty)
        {
            _body = ArrayPool<byte>.Shared.Rent(body.Length);
            body.CopyTo(_body);
        }

        _length = body.Length;
        _completion.SetResult(default!);
    }

    public override void OnLocalReply<TGiven>(TGiven reply)
    {
        if (LocalValues.TryConvert<TGiven, TReply>(reply, out var result, out var failure))
            Complete(result);
        else
            Fail(failure);
    }

    public override void Fail(Exception failure)
    {
        StopSending();
        _length = -1;
        _completion.SetException(failure);
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
            Renew();
            (_body, _length, _cancellation, _host, _serializer) = (null, 0, default, null!, null!);
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TReply>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<TReply>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Its caller has taken the result: it may serve again.</summary>
    protected virtual void Recycle() => Calls.Return(this);

    /// <summary>The reply is there, as what the caller awaits.</summary>
    protected void Complete(TReply reply)
    {
        StopSending();
        _length = -1;
        _completion.SetResult(reply);
    }

    // The bytes go back to the pool at once: what would only be lent is copied.
    private static TReply Read(ReadOnlyMemory<byte> body, MessageSerializer serializer, ProcessHost host) =>
        Payloads.ReadReply<TReply>(new ReadOnlySequence<byte>(RawBytes.IsLent<TReply>() ? body.ToArray() : body), serializer, host)!;

    private sealed record Cancellation(CallBook Book, ulong Call)
    {
        public void Cancel(CancellationToken token) => Book.TryTake(Call)?.Fail(new OperationCanceledException(token));
    }
}
