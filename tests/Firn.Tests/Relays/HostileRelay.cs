using System.Collections.Concurrent;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Relays;
using Firn.Testing;

namespace Firn.Tests.Relays;

/// <summary>A peer that says it relays, and does with what passes through as the test likes.</summary>
internal sealed class HostileRelay
{
    private readonly LiveNode _node;

    public HostileRelay(LiveNode node)
    {
        _node = node;
        node.Node.Core.StreamHandlers.Add(RelayMessages.Asking, ServeAsync);
    }

    /// <summary>What becomes of bytes: in which passage they go on, if at all. They go on as they are unless said otherwise.</summary>
    public Func<Passage, Chunk, IEnumerable<(Passage Where, Chunk What)>> Treat { get; set; } = static (passage, chunk) => [(passage, chunk)];

    /// <summary>To whom the asker is brought; who was asked for unless said otherwise.</summary>
    public Func<Did, Did> Choose { get; set; } = static asked => asked;

    /// <summary>Serves the asker itself, if set.</summary>
    public Func<FirnStream, Task>? Pose { get; set; }

    public ConcurrentQueue<Passage> Passages { get; } = [];

    private async Task ServeAsync(FirnStream asking)
    {
        var request = await RelayTalk.ReceiveAsync(asking, CancellationToken.None);
        RelayMessages.TryReadRequest(request, out var asked).ShouldBeTrue();
        if (Pose is { } pose)
        {
            await asking.WriteAsync(RelayMessages.Answer(RelayStatus.Ok));
            await pose(asking);
            return;
        }

        var target = _node.Node.Peers.First(peer => peer.Did == Choose(asked!));
        await using var onward = await target.OpenStreamAsync(RelayMessages.Bringing);
        await onward.WriteAsync(RelayMessages.Notice(asking.Peer.Did));
        (await RelayTalk.ReceiveAnswerAsync(onward, CancellationToken.None)).ShouldBe(RelayStatus.Ok);
        await asking.WriteAsync(RelayMessages.Answer(RelayStatus.Ok));
        var passage = new Passage(asking, onward);
        Passages.Enqueue(passage);
        await Task.WhenAll(PassAsync(passage, isForth: true), PassAsync(passage, isForth: false));
    }

    private async Task PassAsync(Passage passage, bool isForth)
    {
        var (from, to) = isForth ? (passage.Asking, passage.Onward) : (passage.Onward, passage.Asking);
        var buffer = new byte[32 * 1024];
        try
        {
            for (int length; (length = await from.ReadAsync(buffer)) > 0;)
            {
                foreach (var (where, what) in Treat(passage, new Chunk(isForth, buffer[..length])))
                    await where.SendAsync(what);
            }

            to.CompleteWrites();
        }
        catch (IOException)
        {
            to.Reset();
        }
    }
}

/// <summary>Bytes on their way: forth, from who asked, or back.</summary>
internal sealed record Chunk(bool IsForth, byte[] Bytes);

/// <summary>Two nodes that were joined.</summary>
#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle nobody asks for holds nothing to dispose of.
internal sealed class Passage(FirnStream asking, FirnStream onward)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _forth = new(1), _back = new(1);

    public FirnStream Asking => asking;

    public FirnStream Onward => onward;

    public async Task SendAsync(Chunk chunk)
    {
        var (to, turn) = chunk.IsForth ? (onward, _forth) : (asking, _back);
        await turn.WaitAsync();
        try
        {
            await to.WriteAsync(chunk.Bytes);
        }
        finally
        {
            turn.Release();
        }
    }
}
