using System.Net;

namespace Firn.Benchmarks;

/// <summary>A POST each, all on one HTTP/2 connection.</summary>
internal sealed class Http2Calls : ICallConnection
{
    public const string Name = "http/2";

    /// <summary>How many large messages are under way: its windows do not let one fill the connection.</summary>
    public const int Senders = 4;

    private readonly HttpClient _client = new(new SocketsHttpHandler { SslOptions = RawTls.Client(isChecked: true) })
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly Uri _calls;

    private Http2Calls(ServerProcess server) => _calls = new Uri($"https://{server.Address}{KestrelServer.Calls}");

    public static async Task<Http2Calls> ConnectAsync(ServerProcess server)
    {
        var connected = new Http2Calls(server);
        await connected.CallAsync(0);
        return connected;
    }

    public async ValueTask CallAsync(int caller) => await PostAsync(Payloads.Small);

    public async ValueTask SendLargeAsync() => await PostAsync(Payloads.Large);

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task PostAsync(byte[] body)
    {
        using var response = await _client.PostAsync(_calls, new ByteArrayContent(body));
        response.EnsureSuccessStatusCode();
    }
}
