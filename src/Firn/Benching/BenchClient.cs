using System.Buffers.Binary;
using System.Diagnostics;

namespace Firn.Benching;

/// <summary>The end of a bench that measures: runs one phase at a time against its partner at the peer.</summary>
internal sealed class BenchClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Node _node;
    private readonly Peer _peer;
    private readonly BenchOptions _options;
    private readonly BenchReceiver _receiver = new();
    private readonly Pid<ReadOnlyMemory<byte>> _self;
    private readonly CancellationTokenSource _over = new();
    private Pid<ReadOnlyMemory<byte>> _partner;
    private Task<ExitReason> _partnerDown = null!;

    private BenchClient(Node node, Peer peer, BenchOptions options)
    {
        (_node, _peer, _options) = (node, peer, options);
        _self = node.Spawn<ReadOnlyMemory<byte>>(_receiver.RunAsync);
    }

    /// <summary>Gets a partner at <paramref name="peer"/>.</summary>
    /// <exception cref="FirnException">It does not serve benches, serves too many already, or did not answer.</exception>
    public static async Task<BenchClient> StartAsync(Node node, Peer peer, BenchOptions options, CancellationToken cancellationToken)
    {
        var client = new BenchClient(node, peer, options);
        try
        {
            var door = peer.Named<BenchStart>(BenchProtocol.Name).Using(BenchProtocol.Serializer);
            var partner = await door.CallAsync<Pid>(new BenchStart(client._self), cancellationToken: cancellationToken).ConfigureAwait(false);
            client._partner = partner.As<ReadOnlyMemory<byte>>();
            client._partnerDown = node.WhenDownAsync(partner, client._over.Token);
            return client;
        }
        catch (FirnException e) when (e.Reason == FailureReason.NoProcess)
        {
            client.Dispose();
            throw new FirnException(
                FailureReason.Unsupported, $"{peer.Name} serves no benches: run 'firn up' there, or call ServeBench in its program.", e);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public Task<BenchFigure> RunAsync(BenchPhase phase, CancellationToken cancellationToken) => (phase.Name, phase.Direction) switch
    {
        ("calls", _) => CallAsync(phase, cancellationToken),
        ("messages", BenchDirection.Out) => SendAsync(phase, cancellationToken),
        ("messages", _) => ReceiveAsync(phase, cancellationToken),
        (_, BenchDirection.Out) => StreamAsync(phase, WriteAsync, cancellationToken),
        _ => StreamAsync(phase, ReadAsync, cancellationToken),
    };

    /// <summary>Ends the process here; the partner at the peer ends with it.</summary>
    public void Dispose()
    {
        _node.Exit(_self, ExitReason.Killed);
        _over.Cancel();
        _over.Dispose();
    }

    private async Task<BenchFigure> CallAsync(BenchPhase phase, CancellationToken cancellationToken)
    {
        var message = BenchProtocol.Message(BenchCommand.Echo, phase.Size);
        var latencies = new BenchLatencies();
        var elapsed = Stopwatch.StartNew();
        do
        {
            var start = elapsed.Elapsed;
            await _partner.CallAsync<byte[]>(message, Patience, cancellationToken).ConfigureAwait(false);
            latencies.Add(elapsed.Elapsed - start);
        }
        while (elapsed.Elapsed < _options.Time);

        return new BenchFigure(phase, elapsed.Elapsed, latencies.Count, latencies.Count * phase.Size) { Latency = latencies.Summarize() };
    }

    /// <summary>The partner's count says when all have been read, and that none was lost.</summary>
    private async Task<BenchFigure> SendAsync(BenchPhase phase, CancellationToken cancellationToken)
    {
        var message = BenchProtocol.Message(BenchCommand.Count, phase.Size);
        var elapsed = Stopwatch.StartNew();
        long sent = 0;
        for (; elapsed.Elapsed < _options.Time; sent++)
            await _partner.SendAsync(message, cancellationToken).ConfigureAwait(false);

        var total = await _partner.CallAsync<byte[]>(BenchProtocol.Message(BenchCommand.Total, 1), Patience, cancellationToken).ConfigureAwait(false);
        return Whole(phase, elapsed.Elapsed, sent, BinaryPrimitives.ReadInt64BigEndian(total));
    }

    private async Task<BenchFigure> ReceiveAsync(BenchPhase phase, CancellationToken cancellationToken)
    {
        var order = new byte[1 + BenchOrder.Length];
        order[0] = (byte)BenchCommand.Send;
        new BenchOrder(phase.Size, _options.Time).Write(order.AsSpan(1));

        var elapsed = Stopwatch.StartNew();
        var received = _receiver.Next();
        await _partner.SendAsync(order, cancellationToken).ConfigureAwait(false);
        await Task.WhenAny(received, _partnerDown).WaitAsync(_options.Time + Patience, cancellationToken).ConfigureAwait(false);
        if (!received.IsCompleted)
            throw new FirnException(FailureReason.ConnectionLost, $"{_peer.Name} has ended the bench: {await _partnerDown.ConfigureAwait(false)}");

        long count = await received.ConfigureAwait(false);
        return new BenchFigure(phase, elapsed.Elapsed, count, count * phase.Size);
    }

    private async Task<BenchFigure> StreamAsync(
        BenchPhase phase, Func<FirnStream, BenchOrder, CancellationToken, Task<long>> run, CancellationToken cancellationToken)
    {
        var order = new BenchOrder(phase.Size, _options.Time);
        var elapsed = Stopwatch.StartNew();
        try
        {
            var bytes = await Task.WhenAll(Enumerable.Range(0, _options.Streams).Select(async _ =>
            {
                var stream = await _peer.OpenStreamAsync(BenchProtocol.Name, cancellationToken).ConfigureAwait(false);
                await using var disposal = stream.ConfigureAwait(false);
                return await run(stream, order, cancellationToken).ConfigureAwait(false);
            })).ConfigureAwait(false);
            return new BenchFigure(phase, elapsed.Elapsed, 0, bytes.Sum());
        }
        catch (IOException e)
        {
            throw new FirnException(FailureReason.ConnectionLost, e.Message, e);
        }
    }

    private async Task<long> WriteAsync(FirnStream stream, BenchOrder order, CancellationToken cancellationToken)
    {
        await new BenchStreamHead(_partner.Id.Number, Order: null).WriteAsync(stream, cancellationToken).ConfigureAwait(false);
        await BenchBytes.SendAsync(stream, order, cancellationToken).ConfigureAwait(false);
        var total = await BenchBytes.ReadAsync(stream, sizeof(long), cancellationToken).ConfigureAwait(false);
        await BenchBytes.ReceiveAsync(stream, cancellationToken).ConfigureAwait(false);
        return BinaryPrimitives.ReadInt64BigEndian(total);
    }

    private async Task<long> ReadAsync(FirnStream stream, BenchOrder order, CancellationToken cancellationToken)
    {
        await new BenchStreamHead(_partner.Id.Number, order).WriteAsync(stream, cancellationToken).ConfigureAwait(false);
        stream.CompleteWrites();
        return await BenchBytes.ReceiveAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    private BenchFigure Whole(BenchPhase phase, TimeSpan time, long sent, long counted) => sent == counted
        ? new BenchFigure(phase, time, counted, counted * phase.Size)
        : throw new FirnException(FailureReason.ProtocolError, $"{_peer.Name} got {counted} of {sent} messages: it broke the protocol.");
}
