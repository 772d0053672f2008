using Microsoft.Extensions.Hosting;

namespace Firn.AspNetCore;

/// <summary>Signals belong to the program that hosts the node; the default lifetime of a web server would take them.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
