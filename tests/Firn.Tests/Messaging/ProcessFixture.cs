using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Messaging;

/// <summary>Processes of real nodes.</summary>
public abstract class ProcessFixture : NodeFixture
{
    /// <summary>Two connected nodes, and the second as the first sees it.</summary>
    private protected async Task<(LiveNode Alpha, LiveNode Beta, Peer Peer)> PairAsync(Action<NodeOptions>? change = null)
    {
        var (alpha, beta) = (await StartAsync("alpha", change), await StartAsync("beta", change));
        var peer = await alpha.ConnectAsync(beta);
        await beta.PeerAsync("alpha");
        return (alpha, beta, peer);
    }

    /// <summary>A node and a process: of the same node, or of another, seen from the first.</summary>
    private protected async Task<(LiveNode Here, Pid<T> Process)> SpawnAsync<T>(bool isRemote, Func<Process<T>, Task> function)
    {
        if (!isRemote)
        {
            var node = await StartAsync("alpha");
            return (node, node.Node.Spawn(function));
        }

        var (alpha, beta, _) = await PairAsync();
        return (alpha, alpha.Sees(beta.Node.Spawn(function)));
    }

    /// <summary>Completes when what this node has asked of another's processes so far has arrived there.</summary>
    private protected static Task SettleAsync(LiveNode node, NodeName other) =>
        FailureAsync(node.Node.Named<int>("nobody", other).CallAsync<int>(0));

    private protected static Task<FirnException> FailureAsync<T>(ValueTask<T> call) => FailureAsync(call.AsTask());

    private protected static Task<FirnException> FailureAsync(ValueTask send) => FailureAsync(send.AsTask());

    private protected static Task<FirnException> FailureAsync(Task task) =>
        Should.ThrowAsync<FirnException>(() => task.WaitAsync(EventLog.Ceiling));

    /// <summary>Takes calls and never answers.</summary>
    private protected static async Task NeverAnswer<T>(Process<T> self)
    {
        await foreach (var _ in self.Messages)
            continue;
    }
}

internal static class LiveNodeProcesses
{
    /// <summary>A process of any node as one that this node talks to.</summary>
    public static Pid<T> Sees<T>(this LiveNode node, Pid<T> process) => node.Node.Attach(process).As<T>();

    public static Task<ExitReason> WhenDownAsync(this LiveNode node, Pid process) => node.Node.WhenDownAsync(process).WaitAsync(EventLog.Ceiling);
}
