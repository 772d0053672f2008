using Firn.Protocol;
using Firn.Runtime;
using Firn.Sessions;
using Firn.Transports;

namespace Firn.Streams;

/// <summary>
/// Opens and takes the streams that the transport carries itself. Each begins with its StreamOpen frame; its bytes and its end follow as they are, and
/// its reset is the transport's. Only credit goes over the main stream, so that windows and their budget are the same on every transport.
/// </summary>
#pragma warning disable CA1001 // A source that has neither a timer nor a parent holds nothing to dispose of.
internal sealed class NativeStreams(INativeStreams transport, StreamTable table, Session session)
#pragma warning restore CA1001
{
    /// <summary>How long a stream may be without its opening: 10 seconds.</summary>
    private static readonly TimeSpan OpeningTime = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _over = new();
    private readonly TaskGroup _running = new();
    private long _received;
    private long _sent;

    /// <summary>Bytes that the transport's streams have carried.</summary>
    public (long Sent, long Received) Bytes => (Interlocked.Read(ref _sent), Interlocked.Read(ref _received));

    /// <summary>Begins to take those that the other end opens, which are served once the session carries its peer.</summary>
    public void Start(Task activation)
    {
        var first = transport.AcceptAsync(_over.Token).AsTask();   // at once: from now on the peer may hear that it may open some
        _running.Run(() => AcceptAsync(first, activation));
    }

    /// <summary>The session is over: none is opened or taken any more.</summary>
    public void Stop() => _over.Cancel();

    /// <summary>Completes when nothing runs any more; the link is over.</summary>
    public Task WhenEndedAsync() => _running.CloseAsync();

    /// <summary>Opens one.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: the session is over.</exception>
    public async Task<FirnStream> OpenAsync(Peer peer, string protocol, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over.Token);
        INativeStream native;
        try
        {
            native = await transport.OpenAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw session.NotConnected();
        }

        var input = table.NewInput(native.Id, isUnheard: true);
        var output = new NativeOutput(native, StreamInput.Floor, OnSent);
        var stream = new FirnStream(table, peer, protocol, native.Id, input, output);
        if (!table.TryEnterOwn(stream))
        {
            await GiveUpAsync(native).ConfigureAwait(false);
            throw session.NotConnected();
        }

        output.Open(OpeningOf(native.Id, input.Widen(), protocol));
        Carry(native, stream);
        return stream;
    }

    /// <summary>Bytes came on one.</summary>
    public void OnReceived(int bytes)
    {
        Interlocked.Add(ref _received, bytes);
        session.OnLife();
    }

    /// <summary>More came on <paramref name="stream"/> than was granted.</summary>
    public void OnTooMuch(FirnStream stream) =>
        session.Close(EndReason.ProtocolError, $"more than was granted on stream {stream.Id}, or something after its end");

    private async Task AcceptAsync(Task<INativeStream> first, Task activation)
    {
        try
        {
            for (var next = first; ; next = transport.AcceptAsync(_over.Token).AsTask())
            {
                var native = await next.ConfigureAwait(false);
                await activation.ConfigureAwait(false);
                _running.Run(() => GreetAsync(native));
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // The link is over; its main stream tells the session.
        }
    }

    /// <summary>Reads a stream's opening, and has it served.</summary>
    private async Task GreetAsync(INativeStream native)
    {
        bool isTaken = false;
        try
        {
            using var deadline = new CancellationTokenSource(OpeningTime, session.Time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _over.Token);
            byte[] payload;
            using (limit.Token.UnsafeRegister(static late => Abort((INativeStream)late!), native))
                payload = await ReadOpeningAsync(native).ConfigureAwait(false);
            if (OnOpen(native, payload, out isTaken) is { } fault)
                session.Close(EndReason.ProtocolError, fault);
        }
        catch (Exception e) when (IsLoss(e))
        {
            // It was given up, or had its time.
        }

        if (!isTaken)
            await GiveUpAsync(native).ConfigureAwait(false);
    }

    /// <summary>A stream was opened; returns what is wrong with it.</summary>
    private string? OnOpen(INativeStream native, ReadOnlySpan<byte> payload, out bool isTaken)
    {
        isTaken = false;
        if (!StreamOpening.TryRead(payload, out uint window, out string protocol))
            return "a stream was opened without the name of a protocol";
        if (session.Peer is not { } peer || !session.HandsOver)
            return null;

        var output = new NativeOutput(native, window, OnSent);
        var stream = new FirnStream(table, peer, protocol, native.Id, table.NewInput(native.Id), output);
        string? fault = table.Enter(stream, out isTaken);
        if (isTaken)
        {
            Carry(native, stream);
            table.Serve(stream);
        }

        return fault;
    }

    private void Carry(INativeStream native, FirnStream stream) => _running.Run(new NativeCarrier(native, stream, this).RunAsync);

    private void OnSent(int bytes) => Interlocked.Add(ref _sent, bytes);

    private static async Task GiveUpAsync(INativeStream native)
    {
        Abort(native);
        await native.DisposeAsync().ConfigureAwait(false);
    }

    private static void Abort(INativeStream native)
    {
        native.AbortRead(StreamResetCode.Cancelled);
        native.AbortWrite(StreamResetCode.Cancelled);
    }

    private static byte[] OpeningOf(uint id, uint window, string protocol)
    {
        var opening = new byte[FrameHeader.Size + StreamOpening.MaxLength];
        int length = StreamOpening.Write(opening.AsSpan(FrameHeader.Size), window, protocol);
        new FrameHeader(FrameType.StreamOpen, 0, (ushort)length, id).Write(opening);
        return opening[..(FrameHeader.Size + length)];
    }

    /// <summary>The payload of the frame that a stream begins with; empty if it begins otherwise.</summary>
    private static async Task<byte[]> ReadOpeningAsync(INativeStream native)
    {
        var header = new byte[FrameHeader.Size];
        await FillAsync(native, header).ConfigureAwait(false);
        bool isOpening = FrameHeader.TryRead(header, out var opening) && opening.Type == FrameType.StreamOpen && opening.Flags == 0
            && opening.PayloadLength <= StreamOpening.MaxLength && opening.Channel == native.Id;
        var payload = new byte[isOpening ? opening.PayloadLength : 0];
        await FillAsync(native, payload).ConfigureAwait(false);
        return payload;
    }

    private static async Task FillAsync(INativeStream native, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int length = await native.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false);
            buffer = length > 0 ? buffer[length..] : throw new EndOfStreamException("A stream ended within its opening.");
        }
    }

    private static bool IsLoss(Exception e) => e is IOException or ObjectDisposedException or OperationCanceledException;
}
