using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Firn.AspNetCore;

/// <summary>Healthy while the node runs. Having no peers is no illness: somebody has to be first.</summary>
internal sealed class FirnHealthCheck(Func<Node?> findNode) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var node = findNode();
        if (node is null || node.Stopped.IsCancellationRequested)
            return Task.FromResult(new HealthCheckResult(context.Registration.FailureStatus, "the node does not run"));

        var data = new Dictionary<string, object> { ["peers"] = node.Peers.Count };
        return Task.FromResult(HealthCheckResult.Healthy($"{node.Self.Name} runs", data));
    }
}
