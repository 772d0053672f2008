namespace Firn.Protocol.Tests;

/// <summary>Uses a <see cref="FrameReader"/> as the read loop of a session does: one buffer that never grows.</summary>
internal sealed class FrameInbox(int maxPayload)
{
    private readonly FrameReader _reader = new(maxPayload);
    private readonly byte[] _buffer = new byte[new FrameReader(maxPayload).BufferSize];

    public List<(FrameHeader Header, string Payload)> Frames { get; } = [];

    public int Unread { get; private set; }

    public FrameError Error { get; private set; }

    /// <summary>The header that <see cref="Error"/> is about.</summary>
    public FrameHeader Failed { get; private set; }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && Error == FrameError.None)
        {
            int taken = Math.Min(bytes.Length, _buffer.Length - Unread);
            taken.ShouldBePositive("the buffer is full and no frame came out of it");
            bytes[..taken].CopyTo(_buffer.AsSpan(Unread));
            bytes = bytes[taken..];

            ReadOnlySpan<byte> unread = _buffer.AsSpan(0, Unread + taken);
            FrameHeader header;
            while (_reader.TryRead(ref unread, out header, out var payload, out var error) || Fails(error, header))
                Frames.Add((header, Convert.ToHexString(payload)));
            unread.CopyTo(_buffer);
            Unread = unread.Length;
        }
    }

    private bool Fails(FrameError error, FrameHeader header)
    {
        (Error, Failed) = (error, header);
        return false;
    }
}
