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

    /// <summary>Has the node take up what has changed about cookies and trust list of its home.</summary>
    public Task<ReloadBody> ReloadAsync(CancellationToken cancellationToken) => PostAsync(
        "v1/reload", new NameBody(null), ControlJson.Default.NameBody, ControlJson.Default.ReloadBody, cancellationToken);

    public Task<IReadOnlyList<PinBody>> PinsAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/pins", ControlJson.Default.IReadOnlyListPinBody, cancellationToken);

    public Task<PinBody> ForgetPinAsync(string name, CancellationToken cancellationToken) => PostAsync(
        "v1/pins/forget", new NameBody(name), ControlJson.Default.NameBody, ControlJson.Default.PinBody, cancellationToken);

    /// <summary>Makes an invite.</summary>
    public Task<InviteBody> InviteAsync(NewInviteBody request, CancellationToken cancellationToken) => PostAsync(
        "v1/invite", request, ControlJson.Default.NewInviteBody, ControlJson.Default.InviteBody, cancellationToken);

    public Task<IReadOnlyList<InviteBody>> InvitesAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/invites", ControlJson.Default.IReadOnlyListInviteBody, cancellationToken);

    public Task<InviteBody> CancelInviteAsync(string id, CancellationToken cancellationToken) => PostAsync(
        "v1/invites/cancel", new InviteIdBody(id), ControlJson.Default.InviteIdBody, ControlJson.Default.InviteBody, cancellationToken);

    /// <summary>Looks at what an invite offers, or takes it.</summary>
    public Task<JoinOfferBody> JoinAsync(JoinBody request, CancellationToken cancellationToken) => PostAsync(
        "v1/join", request, ControlJson.Default.JoinBody, ControlJson.Default.JoinOfferBody, cancellationToken);

    /// <summary>Asks the node to stop; answers its name before it does.</summary>
    public Task<NameBody> StopAsync(CancellationToken cancellationToken) => PostAsync(
        "v1/stop", new NameBody(null), ControlJson.Default.NameBody, ControlJson.Default.NameBody, cancellationToken);

    /// <summary>What has a name at a node; at the controlled one if null.</summary>
    public Task<NamesBody> NamesAsync(string? node, CancellationToken cancellationToken) => GetAsync(
        "v1/names" + (node is null ? "" : $"?node={Uri.EscapeDataString(node)}"), ControlJson.Default.NamesBody, cancellationToken);

    /// <summary>Sends a message, byte for byte.</summary>
    public async Task<SentBody> SendAsync(string process, string node, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var request = Post($"v1/send?{Target(process, node)}", message);
        using var response = await AskAsync(request, isStream: false, SlowAnswer, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, ControlJson.Default.SentBody, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a message and waits for the reply, both byte for byte.</summary>
    public async Task<Reply> CallAsync(
        string process, string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var request = Post($"v1/call?{Target(process, node)}&timeoutMs={Math.Ceiling(timeout.TotalMilliseconds):0}", message);
        using var response = await AskAsync(request, isStream: false, timeout + SlowAnswer, cancellationToken).ConfigureAwait(false);
        string at = response.Headers.TryGetValues(MessageEndpoints.NodeHeader, out var values) ? values.First() : node;
        return new Reply(at, await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Measures the way from the node to a peer; ends with the last figure.</summary>
    public async IAsyncEnumerable<BenchEventBody> BenchAsync(BenchBody bench, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = Post("v1/bench", JsonSerializer.SerializeToUtf8Bytes(bench, ControlJson.Default.BenchBody));
        using var response = await AskAsync(request, isStream: true, SlowAnswer, cancellationToken).ConfigureAwait(false);
        await foreach (var e in ReadEventsAsync(response, ControlJson.Default.BenchEventBody, cancellationToken).ConfigureAwait(false))
        {
            if (e is { Event: "failed", Reason: { } reason, Message: { } message })
                throw ControlErrors.ToException(new ErrorBody(reason, message));
            yield return e;
        }
    }

    /// <summary>What happens at the node from now on; ends when the node stops.</summary>
    public async IAsyncEnumerable<EventBody> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/events");
        using var response = await AskAsync(request, isStream: true, QuickAnswer, cancellationToken).ConfigureAwait(false);
        await foreach (var e in ReadEventsAsync(response, ControlJson.Default.EventBody, cancellationToken).ConfigureAwait(false))
            yield return e;
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
        using var request = Post(path, JsonSerializer.SerializeToUtf8Bytes(body, bodyType));
        using var response = await AskAsync(request, isStream: false, SlowAnswer, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, type, cancellationToken).ConfigureAwait(false);
    }

    private static string Target(string process, string node) =>
        $"process={Uri.EscapeDataString(process)}&node={Uri.EscapeDataString(node)}";

    private static HttpRequestMessage Post(string path, ReadOnlyMemory<byte> body) => new(HttpMethod.Post, path)
    {
        Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    };

    private async IAsyncEnumerable<T> ReadEventsAsync<T>(
        HttpResponseMessage response, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var parser = SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize(data, type)!);
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
