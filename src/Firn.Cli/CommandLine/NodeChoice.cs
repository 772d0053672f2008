using Firn.Identity;

namespace Firn.Cli;

/// <summary>Which of the nodes that run on this machine is meant.</summary>
internal static class NodeChoice
{
    /// <summary>
    /// The node whose full name, or else whose part before the <c>@</c>, is <paramref name="wanted"/>, or else the only one
    /// whose name begins with it; when nothing is wanted, the only one that runs or at least <paramref name="isControlled"/>.
    /// </summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.NotConnected"/>: no such node runs; <see cref="FailureReason.InvalidInput"/>: several could
    /// be meant.
    /// </exception>
    public static RunningNode Choose(IReadOnlyList<RunningNode> running, string? wanted, string home, Func<RunningNode, bool> isControlled)
    {
        if (running.Count == 0)
            throw new FirnException(FailureReason.NotConnected, $"no node runs under {home}: start one with 'firn up'");
        if (wanted is null)
        {
            List<RunningNode> controlled = [.. running.Where(isControlled)];
            return running.Count == 1 ? running[0]
                : controlled.Count == 1 ? controlled[0]
                : throw new FirnException(
                    FailureReason.InvalidInput, $"several nodes run here: choose one with --node NAME ({Names(controlled.Count > 0 ? controlled : running)})");
        }

        var meant = NameMatch.Find(running, node => node.Name, wanted);
        return meant.Count switch
        {
            1 => meant[0],
            0 => throw new FirnException(
                FailureReason.NotConnected, $"no node \"{wanted}\" runs here; there are {Names(running)}"),
            _ => throw new FirnException(
                FailureReason.InvalidInput, $"\"{wanted}\" could be any of {Names(meant)}: write more of it"),
        };
    }

    private static string Names(IEnumerable<RunningNode> nodes) =>
        string.Join(", ", nodes.Select(node => node.Name.ToString()).Order(StringComparer.Ordinal));
}
