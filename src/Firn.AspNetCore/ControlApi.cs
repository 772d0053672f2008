using System.Net.Sockets;
using Firn.AspNetCore;
using Firn.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn;

/// <summary>
/// The control API of one node: HTTP and JSON on a Unix socket (a named pipe on Windows) that only the user who runs the
/// node, and root, can use. <c>curl --unix-socket PATH http://firn/v1/status</c> works; so does the <c>firn</c> tool.
/// </summary>
/// <remarks>
/// Limits: requests of 64 KiB (messages: 16 MiB), 64 connections, 5 s for the head of a request. The socket is 0600 in a directory of 0700;
/// on Linux and macOS the kernel's word on who connects is checked as well.
/// </remarks>
public sealed class ControlApi : IAsyncDisposable
{
    internal const int MaxRequestBytes = 64 * 1024;
    internal const int MaxConnections = 64;

    private readonly WebApplication _server;
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ControlApi(string path, WebApplication server) => (Path, _server) = (path, server);

    /// <summary>The path of the Unix socket; on Windows the name of the pipe.</summary>
    public string Path { get; }

    /// <summary>
    /// Completes when somebody asks the node to stop: whoever started it then stops it. Cancelled when the API ends first.
    /// </summary>
    public Task StopRequested => _stopRequested.Task;

    /// <summary>
    /// Serves <paramref name="node"/> at the place where the tool looks for it. A socket that a dead process left there is
    /// replaced: the node holds the lock of its name.
    /// </summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.Unsupported"/>: the node has no home; <see cref="FailureReason.HomeUnusable"/>: the socket
    /// cannot be made.
    /// </exception>
    public static Task<ControlApi> StartAsync(
        Node node, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        var home = node.Home ?? throw new FirnException(
            FailureReason.Unsupported, $"{node.Self.Name} has no home and so no place for a control socket: start it with one");
        string path = ControlSocketPath.For(home, node.Self.Name);
        return StartAsync(new ControlledNode(node), path, PeerCredentials.IsOwnUserOrRoot, loggers, cancellationToken);
    }

    /// <summary>Serves <paramref name="node"/> at <paramref name="path"/> to those that <paramref name="admits"/>.</summary>
    internal static async Task<ControlApi> StartAsync(
        IControlledNode node,
        string path,
        Func<Socket, bool> admits,
        ILoggerFactory? loggers,
        CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers ?? NullLoggerFactory.Instance);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.UseKestrelCore();
        if (OperatingSystem.IsWindows())
            builder.WebHost.UseNamedPipes(pipes => pipes.CurrentUserOnly = true);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, path, admits));

        var server = builder.Build();
        var api = new ControlApi(path, server);
        var endpoints = new ControlEndpoints(
            node, () => api._stopRequested.TrySetResult(), server.Lifetime.ApplicationStopping);
        server.Run(endpoints.ServeAsync);
        try
        {
            ControlSocket.Prepare(path);
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
            ControlSocket.Protect(path);
            return api;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            await api.DisposeAsync().ConfigureAwait(false);
            throw new FirnException(FailureReason.HomeUnusable, $"the control socket {path} cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Ends every connection and removes the socket; to be done before the node lets its name's lock go.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        ControlSocket.Remove(Path);
        _stopRequested.TrySetCanceled();
    }

    private static void Configure(KestrelServerOptions kestrel, string path, Func<Socket, bool> admits)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = MaxRequestBytes;
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxRequestHeaderCount = 32;
        limits.MaxRequestHeadersTotalSize = 8 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);

        if (OperatingSystem.IsWindows())
            kestrel.ListenNamedPipe(path, listen => listen.Protocols = HttpProtocols.Http1);
        else
            kestrel.ListenUnixSocket(path, listen => Guard(listen, admits));
    }

    private static void Guard(ListenOptions listen, Func<Socket, bool> admits)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => connection =>
        {
            var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
            if (socket is not null && admits(socket))
                return next(connection);

            connection.Abort(new ConnectionAbortedException("Another user's process connected to the control socket."));
            return Task.CompletedTask;
        });
    }
}
