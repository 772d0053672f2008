using System.Buffers;
using Firn.Protocol;
using Firn.Protocol.Wire;

namespace Firn.Messaging;

/// <summary>
/// The target of a channel over which a peer spawns a registered function: each message is an argument. It is read and the process is
/// made on the thread pool, since that is the user's code.
/// </summary>
internal sealed class SpawnRequest(MessageHub hub, SpawnTarget target) : OnceTarget
{
    public override bool Deliver(InChannel channel, in MessageHeader header, ReadOnlySpan<byte> body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(buffer);
        return Deliver(channel, header, new LargeBody(buffer, body.Length, Reserved: 0));
    }

    public override bool Deliver(InChannel channel, in MessageHeader header, in LargeBody body)
    {
        var (call, argument) = (header.Call, body);
        ThreadPool.UnsafeQueueUserWorkItem(_ => Spawn(channel, call, argument), null);
        return true;
    }

    private void Spawn(InChannel channel, ulong call, LargeBody argument)
    {
        var link = channel.Link;
        try
        {
            if (hub.FindFunction(target.Function) is not { } function)
                Refuse(ReplyStatus.NotRegistered, $"No function called \"{target.Function}\" is registered at {hub.Life.Node.Name}: Register it there first.");
            else if (!hub.Spawned.TryTake(link.PeerKey))
                Refuse(ReplyStatus.Busy, $"{SpawnQuota.MaxPerPeer} functions that this node has spawned run at {hub.Life.Node.Name}: end some first.");
            else
                Start(link, call, function, argument);
        }
        catch (FirnException e)
        {
            Refuse(ReplyStatus.BadMessage, e.Message);
        }
        catch (ObjectDisposedException)
        {
            Refuse(ReplyStatus.Failed, $"{hub.Life.Node.Name} is stopping.");
        }
        finally
        {
            argument.Return(channel);
            channel.OnConsumed(argument.Length);
        }

        void Refuse(ReplyStatus status, string sentence)
        {
            if (call != 0)
                link.Refuse(call, status, sentence);
        }
    }

    private void Start(MessageLink link, ulong call, RegisteredFunction function, LargeBody argument)
    {
        try
        {
            var process = function.Create(hub, argument.Bytes);
            hub.SpawnFor(link, call, target.LinkedTo, process);
            _ = ReturnAsync(process.Ended, link.PeerKey);
        }
        catch
        {
            hub.Spawned.Return(link.PeerKey);
            throw;
        }
    }

    private async Task ReturnAsync(Task ended, PeerKey peer)
    {
        await ended.ConfigureAwait(false);
        hub.Spawned.Return(peer);
    }
}
