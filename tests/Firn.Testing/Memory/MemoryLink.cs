using System.Net;
using Firn.Identity;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>One end of a link in memory. Its certificates are handed over, not proved.</summary>
internal sealed class MemoryLink(
    MemoryConnection connection, bool isInitiator, LeafCredential local, LeafCredential remote, IPEndPoint remoteEndPoint) : ILink
{
    private readonly MemoryDuplexStream _stream = isInitiator ? connection.DiallersEnd : connection.AcceptorsEnd;
    private int _released;

    public Stream Stream => _stream;

    public PeerCertificate Remote { get; } = new(remote.Der, 0);

    public LeafCredential Local => local;

    public bool IsInitiator => isInitiator;

    public IPEndPoint? RemoteEndPoint => remoteEndPoint;

    public string Transport => "tcp";

    public INativeStreams? Native => isInitiator ? connection.DiallersStreams : connection.AcceptorsStreams;

    public void Abort()
    {
        connection.DiallersStreams?.End();
        _stream.Abort();
        Release();
    }

    public async ValueTask DisposeAsync()
    {
        connection.DiallersStreams?.End();
        await _stream.DisposeAsync().ConfigureAwait(false);
        Release();
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
            connection.Release();
    }
}

/// <summary>A connection in memory that its acceptor has not secured yet.</summary>
internal sealed class MemoryPendingLink : IPendingLink
{
    private readonly TaskCompletionSource<ILink> _dialled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryNetwork _network;
    private readonly MemoryTransport _dialler;
    private readonly MemoryTransport _acceptor;
    private readonly IPEndPoint _to;
    private readonly IPEndPoint _from;
    private readonly LeafCredential _diallersLeaf;

    public MemoryPendingLink(
        MemoryNetwork network, MemoryTransport dialler, MemoryTransport acceptor, IPEndPoint to, int fromPort, LeafCredential diallersLeaf)
    {
        (_network, _dialler, _acceptor, _to, _diallersLeaf) = (network, dialler, acceptor, to, diallersLeaf);
        _from = new IPEndPoint(dialler.Address, fromPort);
    }

    public IPAddress Source => _from.Address;

    public StrangerPool Pool => StrangerPool.Direct;

    /// <summary>The dialler's end, once the acceptor has secured its own.</summary>
    public Task<ILink> Dialled => _dialled.Task;

    public async ValueTask<ILink> SecureAsync(LeafCredential local, CancellationToken cancellationToken)
    {
        try
        {
            var silence = _network.WhenNotSilentAsync(_dialler.Host, _acceptor.Host, cancellationToken).AsTask();
            await Task.WhenAny(silence, _dialled.Task).ConfigureAwait(false);
            if (!_dialled.Task.IsCompleted)
                await silence.ConfigureAwait(false);
        }
        catch
        {
            Dispose();
            throw;
        }

        var connection = _network.Connect(_dialler.Host, _acceptor.Host);
        if (!_dialled.TrySetResult(new MemoryLink(connection, isInitiator: true, _diallersLeaf, local, _to)))
        {
            _network.Forget(connection);
            throw Lost(_from);
        }

        _network.CountLink();
        return new MemoryLink(connection, isInitiator: false, local, _diallersLeaf, _from);
    }

    /// <summary>Refuses the connection; does nothing once it is secured.</summary>
    public void Dispose() => _dialled.TrySetException(Lost(_to));

    /// <summary>The dialler waits no more. A link that was made at that instant is cut.</summary>
    public void GiveUp()
    {
        if (!_dialled.TrySetCanceled() && _dialled.Task.IsCompletedSuccessfully)
            _dialled.Task.Result.Abort();
        _ = _dialled.Task.Exception;
    }

    private static FirnException Lost(IPEndPoint end) =>
        new(FailureReason.ConnectionLost, $"{end} closed the connection before TLS was set up.");
}
