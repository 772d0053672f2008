using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Firn.Hosting;

/// <summary>Runs one <see cref="Node"/> for as long as the host runs.</summary>
public sealed class NodeService : IHostedLifecycleService, IAsyncDisposable
{
    private readonly NodeOptions _options;
    private readonly TaskCompletionSource<Node> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A service for a node with <paramref name="options"/>, which logs to <paramref name="loggers"/>.</summary>
    public NodeService(IOptions<NodeOptions> options, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        _options.LoggerFactory = loggers;
    }

    /// <summary>The running node.</summary>
    /// <exception cref="InvalidOperationException">The host has not started it yet; await <see cref="WhenStartedAsync"/> in other hosted services.</exception>
    public Node Node => _started.Task is { IsCompletedSuccessfully: true, Result: var node }
        ? node
        : throw new InvalidOperationException("The Firn node has not started yet. In a hosted service, await NodeService.WhenStartedAsync() first.");

    internal bool HasStarted => _started.Task.IsCompletedSuccessfully;

    /// <summary>Whether the node runs.</summary>
    public bool IsRunning => _started.Task is { IsCompletedSuccessfully: true, Result.Stopped.IsCancellationRequested: false };

    /// <summary>The node, as soon as it runs; fails as its start did.</summary>
    public Task<Node> WhenStartedAsync(CancellationToken cancellationToken = default) => _started.Task.WaitAsync(cancellationToken);

    /// <summary>Starts the node, before other hosted services are.</summary>
    /// <exception cref="FirnException">It cannot start; the host stops with that sentence.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            _started.TrySetResult(await Node.StartAsync(_options, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            _started.TrySetException(e);
            _ = _started.Task.Exception;   // seen: the host gets it, whether or not anybody else waits
            throw;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Says goodbye, after other hosted services have stopped.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => IsRunning ? Node.DisposeAsync() : ValueTask.CompletedTask;
}
