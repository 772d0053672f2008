using Firn.AspNetCore;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>What is to be known of a node that runs.</summary>
/// <param name="Node">As it announces itself.</param>
/// <param name="Peers">How many it says it has; null when it was not asked, or did not answer.</param>
/// <param name="Fault">Why it did not answer; null when it did, or takes no commands.</param>
internal sealed record NodeFacts(RunningNode Node, int? Peers, string? Fault = null);

/// <summary>The nodes that run here, and whether they answer.</summary>
internal sealed class NodesCheck(Surroundings around) : ICheck
{
    private const string Name = "nodes";

    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop)
    {
        var nodes = around.TryOpenHome() is { } home ? RunningNodes.List(home) : [];
        return Judge(await Task.WhenAll(nodes.Select(node => AskAsync(node, stop))));
    }

    public static IReadOnlyList<Finding> Judge(IReadOnlyList<NodeFacts> nodes) => nodes.Count == 0
        ? [Finding.Ok(Name, "none runs here: 'firn up' starts one")]
        : [.. nodes.Select(Judge)];

    private static Finding Judge(NodeFacts node)
    {
        string who = $"{node.Node.Name} (process {node.Node.ProcessId})";
        return node switch
        {
            { Fault: { } fault } => Finding.Problem(Name, $"{who} does not answer: {fault}", $"look at its log; if it hangs, end process {node.Node.ProcessId}"),
            { Peers: null } => Finding.Ok(Name, $"{who} is a program's, which takes no commands"),
            { Peers: var peers } => Finding.Ok(Name, $"{who} answers; {peers} {(peers == 1 ? "peer" : "peers")}"),
        };
    }

    private static async Task<NodeFacts> AskAsync(RunningNode node, CancellationToken stop)
    {
        if (!CommonOptions.IsControlled(node))
            return new NodeFacts(node, null);

        try
        {
            using var client = new ControlClient(node.Name.ToString(), node.ControlSocket!);
            return new NodeFacts(node, (await client.StatusAsync(stop)).Peers);
        }
        catch (FirnException e)
        {
            return new NodeFacts(node, null, e.Message.TrimEnd('.'));
        }
    }
}
