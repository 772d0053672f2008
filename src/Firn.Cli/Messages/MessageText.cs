using System.Buffers;
using System.Text;

namespace Firn.Cli;

/// <summary>What is typed as a message, as the bytes that are sent.</summary>
internal static class MessageText
{
    /// <summary>Bytes of the largest message.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// <paramref name="text"/>, or for <c>-</c> what <paramref name="openInput"/> holds: as a JSON string, which a process of strings reads;
    /// or as it is. A JSON string is without the newline at the end of an input.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: too long, or the input is no text.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(string text, bool isRaw, Func<Stream> openInput, CancellationToken stop)
    {
        if (text != "-")
            return isRaw ? Limited(Encoding.UTF8.GetBytes(text)) : Quote(text);

        var input = await ReadInputAsync(openInput, stop);
        return isRaw ? input : Quote(Decode(input));
    }

    private static async Task<byte[]> ReadInputAsync(Func<Stream> openInput, CancellationToken stop)
    {
        await using var input = openInput();
        using var read = new MemoryStream();
        var piece = new byte[64 * 1024];
        for (int count; (count = await input.ReadAsync(piece, stop)) > 0; Limited(read.Length))
            read.Write(piece, 0, count);
        return read.ToArray();
    }

    private static string Decode(byte[] input)
    {
        try
        {
            string text = Strict.GetString(input);
            return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        }
        catch (DecoderFallbackException e)
        {
            throw new FirnException(FailureReason.InvalidInput, "standard input is not text in UTF-8: send its bytes with --raw", e);
        }
    }

    private static ReadOnlyMemory<byte> Quote(string text)
    {
        var json = new ArrayBufferWriter<byte>();
        JsonMessageSerializer.Default.Serialize(text, json);
        Limited(json.WrittenCount);
        return json.WrittenMemory;
    }

    private static byte[] Limited(byte[] bytes)
    {
        Limited(bytes.Length);
        return bytes;
    }

    private static void Limited(long length)
    {
        if (length > MaxBytes)
            throw new FirnException(FailureReason.InvalidInput, $"the message is longer than {MaxBytes} bytes: send it in parts");
    }
}
