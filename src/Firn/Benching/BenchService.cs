using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Firn.Messaging;

namespace Firn.Benching;

/// <summary>
/// Lets peers measure the way to this node: at most <see cref="BenchProtocol.MaxRunning"/> of them at a time, each within the credit that
/// it gives. Each has a process of its own here, which ends with the one it measures for.
/// </summary>
internal sealed class BenchService : IDisposable
{
    private readonly Node _node;
    private readonly ProcessCore _door;
    private readonly IDisposable _streams;
    private readonly ConcurrentDictionary<ulong, Bench> _running = [];

    /// <summary>Serves from now on, until disposed.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>: it does already.</exception>
    public BenchService(Node node)
    {
        _node = node;
        _door = node.Core.Hub.StartBuiltIn<BenchStart>(BenchProtocol.Name, BenchProtocol.Serializer, AdmitAsync);
        _streams = node.Core.StreamHandlers.Add(BenchProtocol.Name, ServeAsync);
    }

    public void Dispose()
    {
        _streams.Dispose();
        _door.Exit(ExitReason.Shutdown);
        foreach (var bench in _running.Values)
            _node.Exit(bench.Process, ExitReason.Shutdown);
    }

    private async Task AdmitAsync(Process<BenchStart> self)
    {
        await foreach (var message in self.Messages.ConfigureAwait(false))
        {
            if (_running.Count >= BenchProtocol.MaxRunning)
            {
                message.Refuse($"{_node.Self.Name} serves {BenchProtocol.MaxRunning} benches already: try again when one of them is over.");
                continue;
            }

            // Listed before the reply: then come its streams.
            var client = message.Body.Client;
            var process = _node.Spawn<ReadOnlyMemory<byte>>(partner => MeasureAsync(partner, client));
            _running[process.Id.Number] = new Bench(process);
            _ = ForgetAsync(process);
            await message.ReplyAsync(process.Id).ConfigureAwait(false);
        }
    }

    private async Task ForgetAsync(Pid process)
    {
        await _node.WhenDownAsync(process).ConfigureAwait(false);
        _running.TryRemove(process.Number, out _);
    }

    private static async Task MeasureAsync(Process<ReadOnlyMemory<byte>> self, Pid client)
    {
        self.Monitor(client);
        long count = 0;
        await foreach (var message in self.Messages.ConfigureAwait(false))
        {
            if (message.Down is not null)
                return;

            switch (BenchProtocol.CommandOf(message.Body))
            {
                case BenchCommand.Echo:
                    await message.ReplyAsync(message.Body).ConfigureAwait(false);
                    break;
                case BenchCommand.Count:
                    count++;
                    break;
                case BenchCommand.Total:
                    await message.ReplyAsync(Written(count)).ConfigureAwait(false);
                    count = 0;
                    break;
                case BenchCommand.Send when BenchOrder.TryRead(message.Body.Span[1..], out var order):
                    await SendAsync(client.As<ReadOnlyMemory<byte>>(), order).ConfigureAwait(false);
                    break;
                default:
                    return;
            }
        }
    }

    private static async Task SendAsync(Pid<ReadOnlyMemory<byte>> client, BenchOrder order)
    {
        var message = BenchProtocol.Message(BenchCommand.Count, order.Size);
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (Stopwatch.GetElapsedTime(start) < order.Time)
                await client.SendAsync(message).ConfigureAwait(false);
            await client.SendAsync(BenchProtocol.Message(BenchCommand.End, 1)).ConfigureAwait(false);
        }
        catch (FirnException)
        {
            // The client is gone, which its monitor says next.
        }
    }

    /// <summary>Takes what comes and says how much that was, or sends what was ordered.</summary>
    private async Task ServeAsync(FirnStream stream)
    {
        var head = await BenchStreamHead.ReadAsync(stream).ConfigureAwait(false);
        if (!_running.TryGetValue(head.Bench, out var bench) || !bench.TryEnter())
        {
            stream.Reset();
            return;
        }

        try
        {
            if (head.Order is { } order)
            {
                // To leave before the other end has said its own would reset the stream, and what is under way on it.
                await BenchBytes.SendAsync(stream, order, CancellationToken.None).ConfigureAwait(false);
                await BenchBytes.ReceiveAsync(stream, CancellationToken.None).ConfigureAwait(false);
                return;
            }

            long received = await BenchBytes.ReceiveAsync(stream, CancellationToken.None).ConfigureAwait(false);
            await stream.WriteAsync(Written(received)).ConfigureAwait(false);
        }
        finally
        {
            bench.Leave();
        }
    }

    private static byte[] Written(long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>One that runs, and how many streams it has.</summary>
    private sealed class Bench(Pid process)
    {
        private int _streams;

        public Pid Process => process;

        public bool TryEnter()
        {
            if (Interlocked.Increment(ref _streams) <= BenchProtocol.MaxStreams)
                return true;
            Leave();
            return false;
        }

        public void Leave() => Interlocked.Decrement(ref _streams);
    }
}
