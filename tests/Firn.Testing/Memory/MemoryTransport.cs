using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Firn.Identity;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>A machine of a <see cref="MemoryNetwork"/>, in the place of TCP.</summary>
internal sealed class MemoryTransport(MemoryNetwork network, string host, IPAddress address) : ITransport
{
    private const int FirstFreePort = 49152;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, MemoryListener> _listeners = [];
    private int _lastPort = FirstFreePort - 1;

    public string Scheme => "tcp";

    public bool DialsNames => true;

    /// <summary>The machine's name in the network.</summary>
    public string Host => host;

    /// <summary>Its address.</summary>
    public IPAddress Address => address;

    public ValueTask<ITransportListener> ListenAsync(NodeAddress at, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool isOurs = at.Host is "0.0.0.0" or "[::]" || network.Find(at.Host, this) == this;
        if (!isOurs)
            throw ListenFailure.Of(at, new SocketException((int)SocketError.AddressNotAvailable));

        lock (_lock)
        {
            int port = at.Port == 0 ? NextPort() : at.Port;
            var listener = new MemoryListener(NodeAddress.Create("tcp", at.Host, port), () => Release(port));
            if (!_listeners.TryAdd(port, listener))
                throw ListenFailure.Of(at, new SocketException((int)SocketError.AddressAlreadyInUse));
            return new(listener);
        }
    }

    public async ValueTask<ILink> DialAsync(NodeAddress to, LeafCredential local, CancellationToken cancellationToken)
    {
        network.CountDial();
        var target = network.Find(to.Host, this) ?? throw Unreachable(to, "the name does not resolve");
        for (int roundTrip = 0; roundTrip < 2; roundTrip++)   // TCP's and TLS's
        {
            if (await network.WhenNotSilentAsync(host, target.Host, cancellationToken).ConfigureAwait(false) == PathState.Unreachable)
                throw Unreachable(to, "no route");
            var both = network.Latency(host, target.Host) + network.Latency(target.Host, host);
            await Task.Delay(both, network.Time, cancellationToken).ConfigureAwait(false);
        }

        if (await network.WhenNotSilentAsync(host, target.Host, cancellationToken).ConfigureAwait(false) == PathState.Unreachable)
            throw Unreachable(to, "no route");
        var listener = target.ListenerAt(to.Port) ?? throw Unreachable(to, "connection refused, nothing listens there");
        var pending = new MemoryPendingLink(network, this, target, new IPEndPoint(target.Address, to.Port), TakePort(), local);
        try
        {
            await listener.OfferAsync(pending, cancellationToken).ConfigureAwait(false);
            return await pending.Dialled.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            pending.GiveUp();
            throw;
        }
    }

    private MemoryListener? ListenerAt(int port)
    {
        lock (_lock)
            return _listeners.GetValueOrDefault(port);
    }

    private void Release(int port)
    {
        lock (_lock)
            _listeners.Remove(port);
    }

    private int TakePort()
    {
        lock (_lock)
            return NextPort();
    }

    private int NextPort()
    {
        do
            _lastPort = _lastPort == ushort.MaxValue ? FirstFreePort : _lastPort + 1;
        while (_listeners.ContainsKey(_lastPort));
        return _lastPort;
    }

    private static FirnException Unreachable(NodeAddress to, string why) => new(FailureReason.Unreachable, $"Cannot reach {to}: {why}.");
}

/// <summary>A listening port of a machine in memory.</summary>
internal sealed class MemoryListener(NodeAddress bound, Action release) : ITransportListener
{
    private const int Backlog = 512;

    private readonly Channel<MemoryPendingLink> _backlog = Channel.CreateBounded<MemoryPendingLink>(Backlog);

    public NodeAddress Bound => bound;

    public async ValueTask<IPendingLink> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _backlog.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(MemoryListener));
        }
    }

    public ValueTask DisposeAsync()
    {
        release();
        _backlog.Writer.TryComplete();
        while (_backlog.Reader.TryRead(out var waiting))
            waiting.Dispose();
        return ValueTask.CompletedTask;
    }

    internal async ValueTask OfferAsync(MemoryPendingLink link, CancellationToken cancellationToken)
    {
        try
        {
            await _backlog.Writer.WriteAsync(link, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            link.Dispose();
        }
    }
}
