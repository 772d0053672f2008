using Firn;
using Firn.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Firn in a .NET host.</summary>
public static class FirnServiceCollectionExtensions
{
    /// <summary>
    /// Runs a node with the host: options from the configuration section <c>Firn</c>, then from <paramref name="configure"/>.
    /// Inject <see cref="Node"/> where it is used after the start, or <see cref="NodeService"/> in hosted services.
    /// </summary>
    public static IServiceCollection AddFirn(this IServiceCollection services, Action<NodeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<NodeOptions>().BindConfiguration("Firn");
        if (configure is not null)
            options.Configure(configure);

        services.TryAddSingleton<NodeService>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeService>());
        services.TryAddSingleton(provider => provider.GetRequiredService<NodeService>().Node);
        return services;
    }
}
