using System.Net;
using System.Net.Sockets;
using Firn.Transports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Firn.AspNetCore;

/// <summary>Kestrel, with nothing but <c>/firn</c> and small limits: all that it serves are strangers.</summary>
internal sealed class KestrelServing(string? certificateFile, string? keyFile) : IWebSocketServer
{
    private const int MaxBuffered = 64 * 1024;   // in each direction of a connection; more would wait before control

    public async ValueTask<IWebSocketListener> ListenAsync(NodeAddress address, NodeOptions options, CancellationToken cancellationToken)
    {
        var certificate = address.Scheme == "wss" ? ServerCertificate.Open(certificateFile, keyFile, options) : null;
        try
        {
            var local = await ResolveAsync(address, cancellationToken).ConfigureAwait(false);
            return await ListenAsync(address, new IPEndPoint(local, address.Port), certificate, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (SocketErrorOf(e) is { } error)
        {
            certificate?.Dispose();
            throw ListenFailure.Of(address, error);
        }
        catch
        {
            certificate?.Dispose();
            throw;
        }
    }

    private static async ValueTask<IWebSocketListener> ListenAsync(
        NodeAddress address, IPEndPoint local, ServerCertificate? certificate, NodeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await StartAsync(address, local, certificate, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (local.Address.Equals(IPAddress.IPv6Any) && SocketErrorOf(e)?.SocketErrorCode
            is SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            // A machine without IPv6.
            return await StartAsync(address, new IPEndPoint(IPAddress.Any, local.Port), certificate, options, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<IWebSocketListener> StartAsync(
        NodeAddress address, IPEndPoint local, ServerCertificate? certificate, NodeOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);   // whoever stops it says how long
        builder.Services.Configure<SocketTransportOptions>(sockets => (sockets.MaxReadBufferSize, sockets.MaxWriteBufferSize) = (MaxBuffered, MaxBuffered));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Limit(kestrel);
            kestrel.Listen(local, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(new WaitingRoom().Guard);
                if (certificate is not null)
                    listen.UseHttps(certificate.Options);
            });
        });

        var server = builder.Build();
        var listener = new KestrelListener(server, address.Scheme, options.TimeProvider, certificate);
        server.UseWebSockets();
        server.Run(listener.ServeAsync);
        try
        {
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
            return listener;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = 2 * 1024;
        limits.MaxRequestHeaderCount = 64;   // a reverse proxy adds some
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestBufferSize = MaxBuffered;
        limits.MaxResponseBufferSize = MaxBuffered;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(5);
    }

    private static async ValueTask<IPAddress> ResolveAsync(NodeAddress address, CancellationToken cancellationToken) =>
        IPAddress.TryParse(address.Host, out var literal)
            ? literal
            : (await Dns.GetHostAddressesAsync(address.Host, cancellationToken).ConfigureAwait(false))[0];

    private static SocketException? SocketErrorOf(Exception? e) => e is null or SocketException ? e as SocketException : SocketErrorOf(e.InnerException);
}
