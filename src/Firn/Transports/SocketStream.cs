using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Firn.Transports;

/// <summary>
/// A TCP stream whose reads of zero bytes end when there is something to read, or the end. Those of <see cref="NetworkStream"/> may end for
/// what was read before, if the system's word of it comes late; then TLS holds a buffer of 32 KiB for as long as the connection is idle.
/// </summary>
internal class SocketStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? WaitAsync(cancellationToken) : base.ReadAsync(buffer, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        do
            await base.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        while (!Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        return 0;
    }
}
