using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Two real nodes over loopback, and streams between them.</summary>
public abstract class StreamFixture : Nodes.NodeFixture
{
    private protected async Task<(LiveNode Alpha, LiveNode Beta, Peer Peer)> ConnectAsync(Action<NodeOptions>? change = null)
    {
        var (alpha, beta) = (await StartAsync("alpha", change), await StartAsync("beta", change));
        return (alpha, beta, await alpha.ConnectAsync(beta));
    }

    private protected async Task<StreamPair> OpenAsync()
    {
        var (_, beta, peer) = await ConnectAsync();
        return await StreamPair.OpenAsync(peer, beta);
    }
}
