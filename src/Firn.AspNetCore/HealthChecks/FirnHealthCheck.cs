using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Firn.AspNetCore;

/// <summary>Healthy while the node runs. Having no peers is no illness: somebody has to be first.</summary>
internal sealed class FirnHealthCheck(Func<Node?> node) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        return Task.FromResult(node() switch
        {
            null => Unhealthy("the node has not started"),
            { Stopped.IsCancellationRequested: true } => Unhealthy("the node has stopped"),
            var running => Healthy(running),
        });

        static HealthCheckResult Healthy(Node running) => HealthCheckResult.Healthy(
            $"{running.Self.Name} runs", new Dictionary<string, object> { ["peers"] = running.Peers.Count });

        HealthCheckResult Unhealthy(string why) => new(context.Registration.FailureStatus, why);
    }
}
