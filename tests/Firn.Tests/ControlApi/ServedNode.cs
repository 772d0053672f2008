using System.Net.Sockets;
using System.Text;
using Firn.AspNetCore;

namespace Firn.Tests;

/// <summary>A control API in a directory of its own, and raw HTTP to it.</summary>
internal sealed class ServedNode : IAsyncDisposable
{
    private readonly string _directory;
    private readonly Firn.ControlApi _api;

    private ServedNode(string directory, Firn.ControlApi api) => (_directory, _api) = (directory, api);

    public Firn.ControlApi Api => _api;

    public string Path => _api.Path;

    public static async Task<ServedNode> StartAsync(
        IControlledNode? node = null, Func<Socket, bool>? admits = null, Action<string>? before = null)
    {
        string directory = Directory.CreateTempSubdirectory("firn-").FullName;
        string path = System.IO.Path.Combine(directory, "run", "alpha.sock");
        before?.Invoke(path);
        return new ServedNode(directory, await Firn.ControlApi.StartAsync(
            node ?? new FakeNode(), path, admits ?? PeerCredentials.IsOwnUserOrRoot, null, CancellationToken.None));
    }

    public ControlClient Client() => new("alpha@a.lan", Path);

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        return socket;
    }

    /// <summary>Everything that comes back for these bytes until the server closes; nothing if it cuts the connection off.</summary>
    public async Task<string> SendAsync(string request)
    {
        using var socket = await ConnectAsync();
        using var reader = new StreamReader(new NetworkStream(socket));
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(request));
            return await reader.ReadToEndAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return "";   // a reset: it can overtake the request
        }
    }

    public Task<string> AskAsync(string methodAndPath, string body = "") => SendAsync(
        $"{methodAndPath} HTTP/1.1\r\nHost: firn\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
