using Firn;
using Firn.AspNetCore;
using Firn.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Microsoft.AspNetCore.Builder;

/// <summary>A node in the endpoints of an application.</summary>
public static class FirnEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Lets others reach the application's node (<c>services.AddFirn()</c>) by WebSocket at <paramref name="pattern"/>, which they dial as
    /// <c>/firn</c>: another one is of use behind a reverse proxy that rewrites it. Say where that is with <see cref="NodeOptions.Advertise"/>.
    /// </summary>
    /// <remarks>
    /// It asks for no login and has no timeout: Firn proves who is who. The source that limits count by is that of the connection, so behind a
    /// reverse proxy use the middleware of forwarded headers. Compression stays off, and <c>UseWebSockets()</c> is not needed. When the
    /// application stops, sessions over it say goodbye first.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The application has no node.</exception>
    public static IEndpointConventionBuilder MapFirn(this IEndpointRouteBuilder endpoints, string pattern = "/firn")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>() is { } known && !known.IsService(typeof(NodeService)) && !known.IsService(typeof(Node)))
            throw new InvalidOperationException("This application has no node of Firn: call builder.Services.AddFirn() before MapFirn().");

        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseWebSockets();
        pipeline.Run(ServeAsync);
        return endpoints.Map(pattern, pipeline.Build())
            .WithDisplayName("Firn")
            .WithMetadata(new AllowAnonymousAttribute(), new DisableRequestTimeoutAttribute());
    }

    private static Task ServeAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var node = HostedNode.Find(services);
        if (node is null || node.Stopped.IsCancellationRequested)
            return WebSocketEndpoint.ServeAsync(context, door: null);

        var core = node.Core;
        var stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        return WebSocketEndpoint.ServeAsync(
            context, new WebSocketDoor(core.Acceptor.Take, core.Clock.Time, (link, why) => core.Close(link, EndReason.Shutdown, why), stopping));
    }
}
