using System.Buffers.Binary;
using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>Pings, pongs, and the round-trip time that they show.</summary>
internal sealed partial class Session
{
    /// <summary>One ping and its pong.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: the session ended; <see cref="FailureReason.Busy"/>: too many pings are under way.</exception>
    public async Task<TimeSpan> PingAsync(CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_pings.Add(waiter) is not { } nonce)
            throw new FirnException(FailureReason.Busy, $"{PingTable.MaxPending} pings to {Terms.Peer.Name} are under way; wait for their answers.");

        if (IsEnded)
            _pings.Fail(NotConnected());
        SendNonce(FrameType.Ping, nonce);
        try
        {
            return cancellationToken.CanBeCanceled
                ? await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false)
                : await waiter.Task.ConfigureAwait(false);
        }
        finally
        {
            _pings.Remove(nonce);
        }
    }

    private bool OnPing(ReadOnlySpan<byte> nonce)
    {
        Send(FrameType.Pong, nonce);
        return true;
    }

    private bool OnPong(ReadOnlySpan<byte> nonce)
    {
        if (!_pings.TryTake(BinaryPrimitives.ReadUInt64BigEndian(nonce), out var rtt, out var waiter))
            return true;   // whoever asked has given up

        Sample(rtt);
        _liveness.OnRttSample(_clock.Now);
        waiter?.TrySetResult(rtt);
        _owner.OnRtt(this, rtt);
        return true;
    }

    private void Sample(TimeSpan rtt)
    {
        if (rtt > MaxSample)
            return;
        if (_samples <= Provisional)
            _rtt = default;
        _rtt.Add(rtt);
        if (++_samples == Provisional)
            SendPing();
        Volatile.Write(ref _smoothedTicks, _rtt.Smoothed!.Value.Ticks);
        Volatile.Write(ref _leastTicks, _rtt.Min!.Value.Ticks);
    }

    private void SendPing()
    {
        if (_pings.Add(null) is { } nonce)
            SendNonce(FrameType.Ping, nonce);
    }

    private void SendNonce(FrameType type, ulong nonce)
    {
        Span<byte> payload = stackalloc byte[FrameHeader.PingPayload];
        BinaryPrimitives.WriteUInt64BigEndian(payload, nonce);
        Send(type, payload);
    }
}
