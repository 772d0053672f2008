using System.IO.Pipes;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Principal;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Firn.AspNetCore;

/// <summary>
/// Speaks to the control API of a node on this machine. Every call throws <see cref="FirnException"/> when it fails.
/// </summary>
internal sealed class ControlClient : IDisposable
{
    private static readonly TimeSpan QuickAnswer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly string _node;

    /// <param name="node">The name of the node, for messages.</param>
    /// <param name="path">The path of its control socket, on Windows the name of its pipe.</param>
    public ControlClient(string node, string path)
    {
        _node = node;
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, ct) => ConnectAsync(path, ct), UseProxy = false })
        {
            BaseAddress = new Uri("http://firn/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Task<StatusBody> StatusAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/status", ControlJson.Default.StatusBody, cancellationToken);

    public Task<IReadOnlyList<PeerBody>> PeersAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/peers", ControlJson.Default.IReadOnlyListPeerBody, cancellationToken);

    public Task<PeerBody> DialAsync(string address, CancellationToken cancellationToken) => PostAsync(
        "v1/dial", new DialBody(address), ControlJson.Default.DialBody, ControlJson.Default.PeerBody, cancellationToken);

    public Task<NameBody> HangupAsync(string name, CancellationToken cancellationToken) => PostAsync(
        "v1/hangup", new NameBody(name), ControlJson.Default.NameBody, ControlJson.Default.NameBody, cancellationToken);

    public Task<PingBody> PingAsync(string name, CancellationToken cancellationToken) => PostAsync(
        "v1/ping", new NameBody(name), ControlJson.Default.NameBody, ControlJson.Default.PingBody, cancellationToken);

    /// <summary>Asks the node to stop; answers its name before it does.</summary>
    public Task<NameBody> StopAsync(CancellationToken cancellationToken) => PostAsync(
        "v1/stop", new NameBody(null), ControlJson.Default.NameBody, ControlJson.Default.NameBody, cancellationToken);

    /// <summary>What happens at the node from now on; ends when the node stops.</summary>
    public async IAsyncEnumerable<EventBody> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/events");
        using var response = await AskAsync(request, isStream: true, QuickAnswer, cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var parser = SseParser.Create(
            stream, static (_, data) => JsonSerializer.Deserialize(data, ControlJson.Default.EventBody)!);
        var events = parser.EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var disposal = events.ConfigureAwait(false);
        while (await MoveNextAsync().ConfigureAwait(false))
            yield return events.Current.Data;

        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await events.MoveNextAsync().ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw new FirnException(FailureReason.ConnectionLost, $"{_node} is gone", e);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await AskAsync(request, isStream: false, QuickAnswer, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, type, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> PostAsync<TBody, T>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, bodyType))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        using var response = await AskAsync(request, isStream: false, SlowAnswer, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, type, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), type)!;

    /// <summary>The answer (of a stream of events its head); a failure as the exception that the node spoke of.</summary>
    private async Task<HttpResponseMessage> AskAsync(
        HttpRequestMessage request, bool isStream, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        var until = isStream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead;
        try
        {
            var response = await _http.SendAsync(request, until, deadline.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return response;

            using (response)
                throw await ReadFailureAsync(response, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FirnException(
                FailureReason.TimedOut,
                $"{_node} did not answer within {timeout.TotalSeconds:0} s: is its process suspended?",
                e);
        }
        catch (HttpRequestException e)
        {
            throw new FirnException(
                FailureReason.Unreachable, $"{_node} cannot be controlled: {(e.InnerException ?? e).Message}", e);
        }
    }

    private async Task<FirnException> ReadFailureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return new FirnException(
                FailureReason.ProtocolError, $"{_node} answered with HTTP status {(int)response.StatusCode}: see its log");
        }

        return ControlErrors.ToException(
            await ReadAsync(response, ControlJson.Default.ErrorBody, cancellationToken).ConfigureAwait(false));
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            var pipe = new NamedPipeClientStream(
                ".", path, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly,
                TokenImpersonationLevel.Anonymous);
            await pipe.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return pipe;
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
