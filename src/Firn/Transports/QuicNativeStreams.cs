using System.Net.Quic;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace Firn.Transports;

/// <summary>The streams of a connection beside its main one.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal sealed class QuicNativeStreams : INativeStreams
{
    private readonly QuicConnection _connection;
    private readonly Action _cut;
    private Task<QuicStream>? _first;
    private volatile bool _isAwaited;

    /// <summary>The streams of <paramref name="connection"/>. If it <paramref name="isGuarded"/>, one that comes before the first is accepted has it cut.</summary>
    public QuicNativeStreams(QuicConnection connection, bool isGuarded, Action cut)
    {
        (_connection, _cut) = (connection, cut);
        if (isGuarded)
            _ = GuardAsync(_first = connection.AcceptInboundStreamAsync().AsTask());
    }

    public async ValueTask<INativeStream> OpenAsync(CancellationToken cancellationToken) =>
        new QuicNativeStream(await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken).ConfigureAwait(false));

    public async ValueTask<INativeStream> AcceptAsync(CancellationToken cancellationToken)
    {
        _isAwaited = true;
        if (Interlocked.Exchange(ref _first, null) is { } first)
            return new QuicNativeStream(await first.WaitAsync(cancellationToken).ConfigureAwait(false));
        return new QuicNativeStream(await _connection.AcceptInboundStreamAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task GuardAsync(Task<QuicStream> first)
    {
        await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_isAwaited)
            _cut();
    }
}

/// <summary>A stream of a QUIC connection.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal sealed class QuicNativeStream(QuicStream stream) : INativeStream
{
    // RFC 9000, section 2.1: the lowest bit says who opened it, 0 for the end that dialled, the rest counts.
    public uint Id { get; } = (uint)(((stream.Id >> 2) << 1) | (~stream.Id & 1));

    public Task WritesClosed => ExplainAsync(stream.WritesClosed);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (QuicException e) when (AbortOf(e) is { } code)
        {
            throw new NativeAbortException(code, e);
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool isEnd) => stream.WriteAsync(bytes, completeWrites: isEnd);

    public void AbortRead(long code) => Abort(QuicAbortDirection.Read, code);

    public void AbortWrite(long code) => Abort(QuicAbortDirection.Write, code);

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private void Abort(QuicAbortDirection direction, long code)
    {
        try
        {
            stream.Abort(direction, code);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection is over, and with it the stream.
        }
    }

    private static async Task ExplainAsync(Task closed)
    {
        try
        {
            await closed.ConfigureAwait(false);
        }
        catch (QuicException e) when (AbortOf(e) is { } code)
        {
            throw new NativeAbortException(code, e);
        }
    }

    private static long? AbortOf(QuicException e) => e.QuicError == QuicError.StreamAborted ? e.ApplicationErrorCode : null;
}
