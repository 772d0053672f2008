using System.Buffers;
using Firn.Pooling;
using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Messaging;

/// <summary>A message that waits for credit or room, or that is cut into frames.</summary>
internal sealed class MessageSend : SendOperation
{
    private static readonly Pool<MessageSend> Sends = new(() => new MessageSend());

    private OutChannel? _channel;
    private byte[]? _rented;
    private CancellationTokenRegistration _cancellation;

    public MessageHeader Header { get; private set; }

    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Bytes of the body that are framed.</summary>
    public int Sent { get; set; }

    /// <summary>Whether its first frame is made.</summary>
    public bool IsBegun { get; set; }

    /// <summary>Whoever sent it gave up, after its first frame was made.</summary>
    public bool IsAborted { get; set; }

    /// <summary>A send of <paramref name="body"/>, which stays as it is until the send is over; <paramref name="rented"/> then goes back to the pool.</summary>
    public static MessageSend Rent(OutChannel channel, MessageHeader header, ReadOnlyMemory<byte> body, byte[]? rented)
    {
        var send = Sends.Rent();
        (send._channel, send.Header, send.Body, send._rented) = (channel, header, body, rented);
        return send;
    }

    public void CancelOn(CancellationToken cancellationToken) => _cancellation = cancellationToken.UnsafeRegister(
        static (state, token) => ((MessageSend)state!)._channel?.Cancel((MessageSend)state, token), this);

    protected override void OnCompleting()
    {
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
        (_rented, Body) = (null, default);
    }

    protected override void Recycle()
    {
        _cancellation.Dispose();
        (_channel, _cancellation, Sent, IsBegun, IsAborted) = (null, default, 0, false, false);
        Sends.Return(this);
    }
}
