using System.Buffers.Binary;
using System.Net.Security;

namespace Firn.Benchmarks;

/// <summary>
/// 64-byte messages one way: each behind its length, and its target where there are several, batched by each sender into writes of
/// 64 KiB.
/// </summary>
internal sealed class RawMessages : ILoad
{
    private const int BatchBytes = 64 * 1024;

    private readonly SslStream _tls;
    private readonly int _senders;
    private readonly SemaphoreSlim _gate = new(1);

    private RawMessages(SslStream tls, int senders) => (_tls, _senders) = (tls, senders);

    public static Contestant Contestant(int senders) => new(
        Figure.Raw, senders == 1 ? "raw-messages" : "raw-targeted", server => ConnectAsync(server, senders));

    public static async Task<ILoad> ConnectAsync(ServerProcess server, int senders) =>
        new RawMessages(await RawClient.ConnectAsync(server.Address), senders);

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        await Task.WhenAll(Enumerable.Range(0, _senders).Select(target => Task.Run(() => SendAsync(target, timeUp))));
        return new Work(await RawCount.FinishAsync(_tls));
    }

    public ValueTask DisposeAsync()
    {
        _gate.Dispose();
        return _tls.DisposeAsync();
    }

    private async Task SendAsync(int target, CancellationToken timeUp)
    {
        var batch = new byte[BatchBytes];
        while (!timeUp.IsCancellationRequested)
        {
            int used = Fill(batch, target);
            await _gate.WaitAsync(CancellationToken.None);
            try
            {
                await _tls.WriteAsync(batch.AsMemory(0, used), CancellationToken.None);
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    private int Fill(Span<byte> batch, int target)
    {
        ReadOnlySpan<byte> message = Payloads.Small;
        bool isTargeted = _senders > 1;
        int header = RawMessageSink.HeaderBytes(isTargeted), at = 0;
        for (; at + header + message.Length <= batch.Length; at += header + message.Length)
        {
            if (isTargeted)
                RawFrame.WriteHeader(batch[at..], message.Length, target);
            else
                BinaryPrimitives.WriteInt32BigEndian(batch[at..], message.Length);
            message.CopyTo(batch[(at + header)..]);
        }

        return at;
    }
}
