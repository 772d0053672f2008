using Firn.Messaging;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Sessions;

/// <summary>What comes from the peer: its frames, in order, from the one loop that reads.</summary>
internal sealed partial class Session
{
    Task IFrameSink.Activation => _activation.Task;

    void IFrameSink.OnReceived(int bytes)
    {
        _receivedBytes += bytes;
        _liveness.OnReceived(_clock.Now);
    }

    bool IFrameSink.OnFrame(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        _receivedFrames++;
        if (IsEnded)
        {
            // Lingering: what still comes is not ours to act on, and after their goodbye nothing does.
            _isTold |= header.Type == FrameType.Close;
            return !_isTold;
        }

        try
        {
            return header.Type switch
            {
                FrameType.Ping => OnPing(payload),
                FrameType.Pong => OnPong(payload),
                FrameType.Describe => OnDescribe(payload),
                FrameType.Records => OnRecords(payload),
                FrameType.Close => OnClose(payload),
                _ when Volatile.Read(ref _delivery) == Deactivated => true,
                < FrameType.ChannelOpen => Judge(Streams.OnFrame(header, payload)),
                _ => Judge(Messages.OnFrame(header, payload)),
            };
        }
        catch (InvalidProtocolBufferException e)
        {
            return End(EndReason.ProtocolError, $"a malformed {header.Type} frame: {e.Message}", isTold: false);
        }
    }

    void IFrameSink.OnResume() => Interlocked.CompareExchange(ref _delivery, Delivering, Idle);

    IWaiter? IFrameSink.TakeWaiter() => _waiters.TakeLast();

    void IFrameSink.OnPause()
    {
        Streams.Publish(_waiters);
        Messages.Publish(_waiters);
        if (Interlocked.CompareExchange(ref _delivery, Idle, Delivering) == Deactivated)
            CloseAll();
    }

    private bool Judge(string? fault) => fault is null || End(EndReason.ProtocolError, fault, isTold: false);

    private bool OnDescribe(ReadOnlySpan<byte> payload)
    {
        if (!_describes.TryTake(_clock.Now))
            return End(EndReason.ProtocolError, "the peer describes itself more than once a second", isTold: false);
        if (!PeerDescriptionCodec.TryDecode(payload, out var description, out string? error))
            return End(EndReason.ProtocolError, error, isTold: false);

        _description = description;
        _owner.OnDescribed(this);
        return true;
    }

    private bool OnRecords(ReadOnlySpan<byte> payload)
    {
        if (!_tellings.TryTake(_clock.Now))
            return End(EndReason.ProtocolError, "the peer tells of other nodes without end", isTold: false);

        _owner.OnRecords(this, PeerRecords.Parser.ParseFrom(payload).Records);
        return true;
    }

    private bool OnClose(ReadOnlySpan<byte> payload)
    {
        var close = Protocol.Wire.Close.Parser.ParseFrom(payload);
        _isTold = true;   // not before: behind a malformed one more may come, which must be drained or it resets our goodbye
        return End(CloseReasons.FromWire(close.Reason), CloseReasons.Printable(close.Detail), isTold: true);
    }
}
