namespace Firn.Benchmarks;

/// <summary>
/// Pipelined calls. Callers are resumed where their replies are read, and what they send meanwhile goes in one write; or on the
/// pool, as whoever does not know them must do it, and one write follows when the pool has come round to it. Large messages are
/// written whole, or cut into pieces that calls go between.
/// </summary>
internal sealed class RawCalls : ICallConnection, IThreadPoolWorkItem
{
    private readonly Stream _stream;
    private readonly IAsyncDisposable? _connection;
    private readonly bool _isCut;
    private readonly bool _isPooled;
    private readonly RawReply[] _replies;
    private readonly SemaphoreSlim _gate = new(1);   // held by whoever writes
    private readonly Lock _lock = new();
    private readonly byte[] _whole = new byte[RawFrame.HeaderBytes + Payloads.Large.Length];
    private byte[] _pending;
    private byte[] _writing;
    private int _pendingBytes;
    private bool _isFlushedLater;   // someone is about to flush what was held back

    /// <param name="stream">To a server of the kind <c>raw-calls</c>.</param>
    /// <param name="callers">How many there are.</param>
    /// <param name="isPooled">Resume them on the pool.</param>
    /// <param name="isCut">Cut large messages into pieces.</param>
    /// <param name="connection">What else goes with it.</param>
    public RawCalls(Stream stream, int callers = 1, bool isPooled = false, bool isCut = false, IAsyncDisposable? connection = null)
    {
        (_stream, _isPooled, _isCut, _connection) = (stream, isPooled, isCut, connection);
        _replies = [.. Enumerable.Range(0, callers).Select(_ => new RawReply(isPooled))];
        _pending = new byte[callers * RawFrame.CallBytes];
        _writing = new byte[callers * RawFrame.CallBytes];
        RawFrame.WriteHeader(_whole, Payloads.Large.Length, RawFrame.Large);
        Payloads.Large.CopyTo(_whole, RawFrame.HeaderBytes);
        _ = ReadAsync();
    }

    public static async Task<RawCalls> ConnectAsync(ServerProcess server, int callers = 1, bool isPooled = false, bool isCut = false) =>
        new(await RawClient.ConnectAsync(server.Address, keepsLittleUnsent: isCut), callers, isPooled, isCut);

    public ValueTask CallAsync(int caller)
    {
        var reply = _replies[caller].Expect();
        bool mustFlush;
        lock (_lock)
        {
            var call = _pending.AsSpan(_pendingBytes);
            RawFrame.WriteHeader(call, Payloads.Small.Length, id: caller + 1);
            Payloads.Small.CopyTo(call[RawFrame.HeaderBytes..]);
            _pendingBytes += RawFrame.CallBytes;
            mustFlush = !_isFlushedLater;
            _isFlushedLater |= _isPooled;
        }

        if (mustFlush && _isPooled)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else if (mustFlush)
            _ = FlushAsync();
        return reply;
    }

    void IThreadPoolWorkItem.Execute() => _ = FlushHeldBackAsync();

    public async ValueTask SendLargeAsync()
    {
        if (_isCut)
            await SendPiecesAsync();
        else
            await SendAsync(_whole);
        await FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Dispose();
        await _stream.DisposeAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
    }

    private async ValueTask SendPiecesAsync()
    {
        var frame = new byte[RawFrame.HeaderBytes + RawFrame.MaxPiece];
        for (int at = 0; at < Payloads.Large.Length; at += RawFrame.MaxPiece)
        {
            int length = Math.Min(RawFrame.MaxPiece, Payloads.Large.Length - at);
            RawFrame.WriteHeader(frame, length, RawFrame.Large);
            Payloads.Large.AsSpan(at, length).CopyTo(frame.AsSpan(RawFrame.HeaderBytes));
            await SendAsync(frame.AsMemory(0, RawFrame.HeaderBytes + length));
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> frame)
    {
        await _gate.WaitAsync();
        try
        {
            await WritePendingAsync();
            await _stream.WriteAsync(frame);
        }
        finally
        {
            _gate.Release();
        }
    }

    private Task FlushHeldBackAsync()
    {
        lock (_lock)
            _isFlushedLater = false;
        return FlushAsync();
    }

    // Whoever holds the gate looks again after giving it back: a call that found it held is not forgotten.
    private async Task FlushAsync()
    {
        while (Volatile.Read(ref _pendingBytes) > 0 && _gate.Wait(0))
        {
            try
            {
                await WritePendingAsync();
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    private async ValueTask WritePendingAsync()
    {
        int bytes;
        lock (_lock)
        {
            (_pending, _writing) = (_writing, _pending);
            (bytes, _pendingBytes) = (_pendingBytes, 0);
        }

        if (bytes > 0)
            await _stream.WriteAsync(_writing.AsMemory(0, bytes));
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        int held = 0;
        try
        {
            while (await _stream.ReadAsync(buffer.AsMemory(held)) is var read and > 0)
            {
                held += read;
                int used = held - held % RawFrame.CallBytes;
                Dispatch(buffer.AsSpan(0, used));
                buffer.AsSpan(used, held - used).CopyTo(buffer);
                held -= used;
                await FlushHeldBackAsync();
            }

            throw new EndOfStreamException("The server has ended.");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Disposed, or the server is gone: whoever still waits for a reply hears of it.
            foreach (var reply in _replies)
                reply.Fail(e);
        }
    }

    private void Dispatch(ReadOnlySpan<byte> replies)
    {
        lock (_lock)
            _isFlushedLater = true;
        for (; !replies.IsEmpty; replies = replies[RawFrame.CallBytes..])
            _replies[RawFrame.ReadHeader(replies).Id - 1].Complete();
    }
}
