using Firn.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Firn.AspNetCore;

/// <summary>The node of an application.</summary>
internal static class HostedNode
{
    /// <summary>Null while the host has not started it; else the node, running or not.</summary>
    public static Node? Find(IServiceProvider services) => services.GetService<NodeService>() switch
    {
        { HasStarted: true } service => service.Node,
        { } => null,
        null => services.GetService<Node>(),
    };
}
