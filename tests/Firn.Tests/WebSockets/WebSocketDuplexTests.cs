using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.WebSockets;

/// <summary>A stream over a WebSocket, whose other end is played by hand.</summary>
public sealed class WebSocketDuplexTests : IDisposable
{
    private const byte TlsHandshake = 0x16;

    private readonly CancellationTokenSource _ceiling = new(EventLog.Ceiling);
    private readonly MemoryDuplexStream _wire;
    private readonly WebSocket _other;
    private readonly WebSocketDuplex _stream;
    private int _closed;

    public WebSocketDuplexTests()
    {
        var (one, other) = MemoryDuplexStream.CreatePair();
        _wire = one;
        _other = WebSocket.CreateFromStream(other, new WebSocketCreationOptions { IsServer = true });
        _stream = new WebSocketDuplex(WebSocket.CreateFromStream(one, new WebSocketCreationOptions()), TimeProvider.System, () => _closed++);
    }

    public void Dispose()
    {
        _other.Dispose();
        _stream.Dispose();
        _ceiling.Dispose();
    }

    [Fact]
    public async Task Bytes_arrive_however_messages_are_cut()
    {
        byte[] sent = [TlsHandshake, .. RandomNumberGenerator.GetBytes(4_999)], received = new byte[sent.Length];
        foreach (var (from, to, isLast) in new[] { (0, 1, true), (1, 1, true), (1, 10, false), (10, 700, false), (700, 4_999, true), (4_999, 5_000, true) })
            await _other.SendAsync(sent.AsMemory(from..to), WebSocketMessageType.Binary, isLast, _ceiling.Token);

        await _stream.ReadExactlyAsync(received, _ceiling.Token);

        received.ShouldBe(sent);
    }

    [Fact]
    public async Task A_write_is_one_binary_message()
    {
        var buffer = new byte[20_000];
        await _stream.WriteAsync(new byte[16_384], _ceiling.Token);

        int length = 0;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _other.ReceiveAsync(buffer.AsMemory(length), _ceiling.Token);
            length += part.Count;
        }
        while (!part.EndOfMessage);

        (length, part.MessageType).ShouldBe((16_384, WebSocketMessageType.Binary));
    }

    [Fact]
    public async Task A_read_of_zero_bytes_waits_for_bytes_and_not_for_empty_messages()
    {
        var waiting = _stream.ReadAsync(Memory<byte>.Empty, _ceiling.Token).AsTask();
        await _other.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: true, _ceiling.Token);
        var next = new byte[8];
        waiting.IsCompleted.ShouldBeFalse();

        await _other.SendAsync(new byte[] { TlsHandshake }, WebSocketMessageType.Binary, endOfMessage: true, _ceiling.Token);

        (await waiting).ShouldBe(0);
        (await _stream.ReadAsync(next, _ceiling.Token)).ShouldBe(1);
        next[0].ShouldBe(TlsHandshake);
    }

    [Fact]
    public async Task Text_is_refused_as_bytes_that_are_no_TLS_are()
    {
        await _other.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, _ceiling.Token);

        var error = await Should.ThrowAsync<AuthenticationException>(async () => await _stream.ReadExactlyAsync(new byte[8], _ceiling.Token));

        error.Message.ShouldContain("text");
    }

    [Fact]
    public async Task What_does_not_begin_as_TLS_is_refused_at_its_first_byte()
    {
        await _other.SendAsync("h"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: false, _ceiling.Token);

        await Should.ThrowAsync<AuthenticationException>(async () => await _stream.ReadExactlyAsync(new byte[8], _ceiling.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public async Task A_close_is_the_end_and_stays_it(int length)
    {
        var waiting = _stream.ReadAsync(new byte[length], _ceiling.Token).AsTask();
        await _other.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _ceiling.Token);

        (await waiting).ShouldBe(0);
        (await _stream.ReadAsync(new byte[8], _ceiling.Token)).ShouldBe(0);
        await _stream.WriteAsync(new byte[] { 1 }, _ceiling.Token);   // the other direction is still open
    }

    [Fact]
    public async Task A_connection_that_breaks_fails_reads_and_writes_as_that_of_a_socket()
    {
        var reading = _stream.ReadAsync(new byte[8], _ceiling.Token).AsTask();
        _wire.Abort();

        await Should.ThrowAsync<IOException>(reading);
        await Should.ThrowAsync<IOException>(async () => await _stream.WriteAsync(new byte[8], _ceiling.Token));
        await Should.ThrowAsync<IOException>(async () => await _stream.ReadExactlyAsync(new byte[8], _ceiling.Token));
    }

    [Fact]
    public async Task A_read_that_is_cancelled_says_so()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_ceiling.Token);
        var reading = _stream.ReadAsync(new byte[8], cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(reading);
    }

    [Fact]
    public async Task A_write_waits_for_who_does_not_read_and_can_be_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_ceiling.Token);
        var writing = _stream.WriteAsync(new byte[1_000_000], cancel.Token).AsTask();
        writing.IsCompleted.ShouldBeFalse();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(writing);
    }

    [Fact]
    public async Task Its_end_is_told_to_the_other_one_and_to_its_owner_once()
    {
        await _stream.DisposeAsync();
        await _stream.DisposeAsync();

        var end = await _other.ReceiveAsync(new byte[8], _ceiling.Token);
        (end.MessageType, end.CloseStatus).ShouldBe((WebSocketMessageType.Close, WebSocketCloseStatus.NormalClosure));
        _closed.ShouldBe(1);
    }

    [Fact]
    public async Task An_end_that_nobody_takes_does_not_wait_for_ever()
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);
        var (one, _) = MemoryDuplexStream.CreatePair(capacity: 1);
        var stuck = new WebSocketDuplex(WebSocket.CreateFromStream(one, new WebSocketCreationOptions()), time);
        var closing = stuck.DisposeAsync().AsTask();
        closing.IsCompleted.ShouldBeFalse();

        time.Advance(TimeSpan.FromSeconds(1));

        await closing.WaitAsync(_ceiling.Token);
    }
}
