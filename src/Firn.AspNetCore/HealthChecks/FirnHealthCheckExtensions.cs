using Firn;
using Firn.AspNetCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Health checks of Firn.</summary>
public static class FirnHealthCheckExtensions
{
    /// <summary>
    /// Adds a check that is healthy while the application's <see cref="Node"/> runs; its data holds <c>peers</c>, the
    /// number of connected peers.
    /// </summary>
    /// <param name="builder">The health checks of the application.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">What is reported when the node does not run; unhealthy unless given.</param>
    /// <param name="tags">Tags of the check.</param>
    public static IHealthChecksBuilder AddFirn(
        this IHealthChecksBuilder builder,
        string name = "firn",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name, services => new FirnHealthCheck(() => HostedNode.Find(services)), failureStatus, tags));
    }
}
