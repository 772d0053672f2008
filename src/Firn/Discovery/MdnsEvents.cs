using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Firn.Runtime;

namespace Firn.Discovery;

/// <summary>What wakes discovery: datagrams, of which few wait at a time, changes of the network, and time.</summary>
internal sealed class MdnsEvents : IDisposable
{
    private const int MaxWaiting = 512;

    private readonly NodeClock _clock;
    private readonly Channel<MdnsDatagram?> _waiting = Channel.CreateBounded<MdnsDatagram?>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly ITimer _timer;
    private long _lookAt;

    public MdnsEvents(NodeClock clock)
    {
        _clock = clock;
        _timer = clock.Time.CreateTimer(static s => ((MdnsEvents)s!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(MdnsDatagram datagram) => _waiting.Writer.TryWrite(datagram);

    /// <summary>Something has changed about the machine's network.</summary>
    public void AskToLook()
    {
        Interlocked.Exchange(ref _lookAt, 0);
        Wake();
    }

    /// <summary>Whether it is time to look: asked for, or not done for long, since not every change is told.</summary>
    public bool TakeLook()
    {
        long now = _clock.Now;
        if (Interlocked.Read(ref _lookAt) > now)
            return false;

        Interlocked.Exchange(ref _lookAt, now + MdnsLook.PauseMilliseconds);
        return true;
    }

    public bool TryTake([NotNullWhen(true)] out MdnsDatagram? datagram)
    {
        while (_waiting.Reader.TryRead(out datagram))
        {
            if (datagram is not null)
                return true;
        }

        return false;
    }

    /// <summary>Completes when there is something, or when it is <paramref name="due"/>.</summary>
    public async ValueTask WaitAsync(long due, CancellationToken cancellationToken)
    {
        long pause = Math.Clamp(due - _clock.Now, 1, MdnsLook.PauseMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(pause), Timeout.InfiniteTimeSpan);
        await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _timer.Dispose();

    private void Wake() => _waiting.Writer.TryWrite(null);
}
