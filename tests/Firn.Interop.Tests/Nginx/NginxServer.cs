using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firn.Testing;

namespace Firn.Interop.Tests;

/// <summary>
/// A real nginx that ends TLS before the web servers of this machine, and passes <c>/firn</c> on. One address of loopback leads to each port:
/// <c>127.1a.1bb.1cc</c> to port <c>abbcc</c>.
/// </summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("firn-nginx-").FullName;
    private ChildProcess? _process;

    private NginxServer(int port) => Port = port;

    public int Port { get; }

    /// <param name="upgrade">Whether it passes the headers on that ask for a WebSocket, as it must be told to.</param>
    /// <param name="readTimeout">After how long without a byte it closes a connection; its own 60 s unless given.</param>
    public static async Task<NginxServer> StartAsync(bool upgrade = true, TimeSpan? readTimeout = null)
    {
        var server = new NginxServer(FreePort());
        await server.BeginAsync(upgrade, readTimeout);
        return server;
    }

    /// <summary>Where what listens on a port of five digits is dialled.</summary>
    public NodeAddress Before(int port)
    {
        string digits = port.ToString("D5", CultureInfo.InvariantCulture);
        return NodeAddress.Create("wss", $"127.1{digits[0]}.1{digits[1..3]}.1{digits[3..]}", Port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task BeginAsync(bool upgrade, TimeSpan? readTimeout)
    {
        WriteCertificate();
        string headers = upgrade ? "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";" : "";
        string timeout = readTimeout is { } time ? $"proxy_read_timeout {time.TotalMilliseconds}ms;" : "";
        string configuration = Path.Combine(_directory, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            master_process off;
            pid {{_directory}}/pid;
            error_log stderr warn;
            events { worker_connections 512; }
            http {
                access_log off;
                client_body_temp_path {{_directory}}/body; proxy_temp_path {{_directory}}/proxy; fastcgi_temp_path {{_directory}}/fastcgi;
                uwsgi_temp_path {{_directory}}/uwsgi; scgi_temp_path {{_directory}}/scgi;
                map $server_addr $node { "~^127\.1(?<a>\d)\.1(?<b>\d\d)\.1(?<c>\d\d)$" 127.0.0.1:$a$b$c; }
                server {
                    listen {{Port}} ssl;
                    ssl_certificate {{_directory}}/cert.pem;
                    ssl_certificate_key {{_directory}}/key.pem;
                    location /firn {
                        proxy_pass http://$node;
                        proxy_http_version 1.1;
                        {{headers}}
                        {{timeout}}
                    }
                }
            }
            """);
        _process = ChildProcess.Start("nginx", ["-p", _directory, "-e", "stderr", "-c", configuration], new Dictionary<string, string?>());
        await NodeGroup.UntilAsync(IsUp, "nginx to listen");
    }

    private bool IsUp()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException($"nginx has ended: {string.Join('\n', _process.Errors.Lines.Select(line => line.Text))}");
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=firn.test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1));   // expired: nodes do not look
        File.WriteAllText(Path.Combine(_directory, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
