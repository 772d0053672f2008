using System.Net.Sockets;
using System.Text;

namespace Firn.Transports;

/// <summary>Tells an HTTP client that has come to the wrong port, in words that it can show.</summary>
internal static class PlainHttp
{
    private const int MaxDrained = 64 * 1024;
    private static readonly TimeSpan MaxLinger = TimeSpan.FromSeconds(2);

    // RFC 9110, section 9.3; PATCH from RFC 5789; PRI opens HTTP/2 (RFC 9113, section 3.4).
    private static readonly string[] Methods =
        ["GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ", "PRI "];

    private const string Sentence = "This port speaks Firn (TLS 1.3, ALPN firn/1), not HTTP.\n";

    private static readonly byte[] Response = Encoding.ASCII.GetBytes(
        $"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {Sentence.Length}\r\nConnection: close\r\n\r\n{Sentence}");

    /// <summary>Answers and lingers until the client has read it; false, with nothing sent, when it is no HTTP client.</summary>
    public static async ValueTask<bool> TryRefuseAsync(Socket socket, TimeProvider time, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024];
        if (!await IsRequestAsync(socket, buffer, cancellationToken).ConfigureAwait(false))
            return false;

        // A socket closed with bytes unread is reset, and a reset can overtake the answer: end the answer, read on.
        await socket.SendAsync(Response, cancellationToken).ConfigureAwait(false);
        socket.Shutdown(SocketShutdown.Send);
        using var timeout = new CancellationTokenSource(MaxLinger, time);
        using var linger = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            for (int drained = 0, length = 1; length > 0 && drained < MaxDrained; drained += length)
                length = await socket.ReceiveAsync(buffer, linger.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            // It had its time.
        }

        return true;
    }

    private static async ValueTask<bool> IsRequestAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        int count = 0;
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer.AsMemory(count), cancellationToken).ConfigureAwait(false);
            count += length;
            var start = Encoding.Latin1.GetString(buffer.AsSpan(0, Math.Min(count, 8)));
            if (Array.Exists(Methods, method => start.StartsWith(method, StringComparison.Ordinal)))
                return true;
            if (length == 0 || !Array.Exists(Methods, method => method.StartsWith(start, StringComparison.Ordinal)))
                return false;
        }
    }
}
