namespace Firn.Benchmarks;

/// <summary>Answers all calls of a read with one write, and puts large messages together in one buffer.</summary>
internal sealed class RawCallServer
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly byte[] _replies = new byte[64 * 1024];
    private readonly byte[] _large = new byte[Payloads.Large.Length];
    private int _held;
    private int _replied;
    private int _largeAt;
    private int _largeMissing;

    public static async Task ServeAsync(Stream stream)
    {
        var server = new RawCallServer();
        while (await stream.ReadAsync(server._buffer.AsMemory(server._held)) is var read and > 0)
        {
            server.Parse(read);
            if (server._replied > 0)
                await stream.WriteAsync(server._replies.AsMemory(0, server._replied));
            if (server._largeMissing > 0)
                await server.ReadLargeAsync(stream);
        }
    }

    private void Parse(int read)
    {
        int end = _held + read, at = 0;
        _replied = 0;
        while (end - at >= RawFrame.HeaderBytes)
        {
            var (length, id) = RawFrame.ReadHeader(_buffer.AsSpan(at));
            int here = Math.Min(length, end - at - RawFrame.HeaderBytes);
            var frame = _buffer.AsSpan(at, RawFrame.HeaderBytes + here);
            if (id == RawFrame.Large)
                TakeLarge(frame[RawFrame.HeaderBytes..], length);
            else if (here == length)
                Reply(frame);
            else
                break;
            at += frame.Length;
        }

        _buffer.AsSpan(at, end - at).CopyTo(_buffer);
        _held = end - at;
    }

    private void Reply(ReadOnlySpan<byte> call)
    {
        call.CopyTo(_replies.AsSpan(_replied));
        _replied += call.Length;
    }

    private void TakeLarge(ReadOnlySpan<byte> piece, int length)
    {
        piece.CopyTo(_large.AsSpan(_largeAt));
        _largeAt = (_largeAt + piece.Length) % _large.Length;
        _largeMissing = length - piece.Length;
    }

    private async ValueTask ReadLargeAsync(Stream stream)
    {
        await stream.ReadExactlyAsync(_large.AsMemory(_largeAt, _largeMissing));
        _largeAt = (_largeAt + _largeMissing) % _large.Length;
        _largeMissing = 0;
    }
}
