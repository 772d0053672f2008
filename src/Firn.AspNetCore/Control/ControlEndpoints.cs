using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Firn.AspNetCore;

/// <summary>The requests that the control API answers.</summary>
internal sealed class ControlEndpoints
{
    private readonly Dictionary<string, (string Method, Func<HttpContext, Task> Answer)> _endpoints;
    private readonly IControlledNode _node;
    private readonly CancellationToken _stopping;
    private readonly Action _requestStop;

    /// <param name="node">The node that is controlled.</param>
    /// <param name="requestStop">Called when somebody asks the node to stop, after the answer was sent.</param>
    /// <param name="stopping">Ends the streams of events, so that the server can stop.</param>
    public ControlEndpoints(IControlledNode node, Action requestStop, CancellationToken stopping)
    {
        (_node, _requestStop, _stopping) = (node, requestStop, stopping);
        var messages = new MessageEndpoints(node);
        _endpoints = new(StringComparer.Ordinal)
        {
            ["/v1/status"] = (HttpMethods.Get, http => ControlAnswers.WriteAsync(http, _node.Status(), ControlJson.Default.StatusBody)),
            ["/v1/peers"] = (HttpMethods.Get, http => ControlAnswers.WriteAsync(http, _node.Peers(), ControlJson.Default.IReadOnlyListPeerBody)),
            ["/v1/events"] = (HttpMethods.Get, StreamEventsAsync),
            ["/v1/dial"] = (HttpMethods.Post, DialAsync),
            ["/v1/hangup"] = (HttpMethods.Post, HangupAsync),
            ["/v1/ping"] = (HttpMethods.Post, PingAsync),
            ["/v1/reload"] = (HttpMethods.Post, ReloadAsync),
            ["/v1/pins"] = (HttpMethods.Get, http => ControlAnswers.WriteAsync(http, _node.Pins(), ControlJson.Default.IReadOnlyListPinBody)),
            ["/v1/pins/forget"] = (HttpMethods.Post, ForgetPinAsync),
            ["/v1/invites"] = (HttpMethods.Get, http => ControlAnswers.WriteAsync(http, _node.Invites(), ControlJson.Default.IReadOnlyListInviteBody)),
            ["/v1/invite"] = (HttpMethods.Post, InviteAsync),
            ["/v1/invites/cancel"] = (HttpMethods.Post, CancelInviteAsync),
            ["/v1/join"] = (HttpMethods.Post, JoinAsync),
            ["/v1/names"] = (HttpMethods.Get, messages.NamesAsync),
            ["/v1/send"] = (HttpMethods.Post, messages.SendAsync),
            ["/v1/call"] = (HttpMethods.Post, messages.CallAsync),
            ["/v1/bench"] = (HttpMethods.Post, BenchAsync),
            ["/v1/stop"] = (HttpMethods.Post, StopAsync),
        };
    }

    public async Task ServeAsync(HttpContext http)
    {
        try
        {
            await FindEndpoint(http)(http).ConfigureAwait(false);
        }
        catch (FirnException e)
        {
            await ControlAnswers.FailAsync(http, ControlErrors.StatusOf(e.Reason), ErrorBody.Of(e)).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await ControlAnswers.FailAsync(http, e.StatusCode, FailureReason.InvalidInput, e.Message).ConfigureAwait(false);
        }
    }

    private Func<HttpContext, Task> FindEndpoint(HttpContext http)
    {
        var request = http.Request;
        if (!_endpoints.TryGetValue(request.Path.Value ?? "", out var endpoint))
            return Refuse(StatusCodes.Status404NotFound, $"no such endpoint; there are {string.Join(", ", _endpoints.Keys)}");
        if (request.Method == endpoint.Method)
            return endpoint.Answer;

        http.Response.Headers.Allow = endpoint.Method;
        return Refuse(StatusCodes.Status405MethodNotAllowed, $"{request.Path} is asked with {endpoint.Method}");
    }

    private async Task DialAsync(HttpContext http)
    {
        var body = await ReadAsync(http, ControlJson.Default.DialBody).ConfigureAwait(false);
        string address = body?.Address ?? throw Expected("""{"address":"beta.lan"}""");
        var peer = await _node.DialAsync(address, http.RequestAborted).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, peer, ControlJson.Default.PeerBody).ConfigureAwait(false);
    }

    private async Task HangupAsync(HttpContext http)
    {
        string name = await ReadNameAsync(http).ConfigureAwait(false);
        string fullName = await _node.HangupAsync(name, http.RequestAborted).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, new NameBody(fullName), ControlJson.Default.NameBody).ConfigureAwait(false);
    }

    private async Task PingAsync(HttpContext http)
    {
        string name = await ReadNameAsync(http).ConfigureAwait(false);
        var ping = await _node.PingAsync(name, http.RequestAborted).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, ping, ControlJson.Default.PingBody).ConfigureAwait(false);
    }

    private async Task ReloadAsync(HttpContext http)
    {
        var reloaded = await _node.ReloadAsync(http.RequestAborted).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, reloaded, ControlJson.Default.ReloadBody).ConfigureAwait(false);
    }

    private async Task ForgetPinAsync(HttpContext http)
    {
        string name = await ReadNameAsync(http).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, _node.ForgetPin(name), ControlJson.Default.PinBody).ConfigureAwait(false);
    }

    private async Task InviteAsync(HttpContext http)
    {
        var request = await ReadAsync(http, ControlJson.Default.NewInviteBody).ConfigureAwait(false);
        var invite = _node.Invite(request ?? throw Expected("""{"uses":1,"expiresMs":3600000,"trustOnly":false}"""));
        await ControlAnswers.WriteAsync(http, invite, ControlJson.Default.InviteBody).ConfigureAwait(false);
    }

    private async Task CancelInviteAsync(HttpContext http)
    {
        var body = await ReadAsync(http, ControlJson.Default.InviteIdBody).ConfigureAwait(false);
        string id = body?.Id ?? throw Expected("""{"id":"0123456789abcdef"}""");
        await ControlAnswers.WriteAsync(http, _node.CancelInvite(id), ControlJson.Default.InviteBody).ConfigureAwait(false);
    }

    private async Task JoinAsync(HttpContext http)
    {
        var request = await ReadAsync(http, ControlJson.Default.JoinBody).ConfigureAwait(false);
        if (request?.Line is null)
            throw Expected("""{"line":"firn-join1:…","take":false}""");
        var offer = await _node.JoinAsync(request, http.RequestAborted).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, offer, ControlJson.Default.JoinOfferBody).ConfigureAwait(false);
    }

    private Task StopAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.OnCompleted(() =>
        {
            _requestStop();
            return Task.CompletedTask;
        });
        return ControlAnswers.WriteAsync(http, new NameBody(_node.Status().Name), ControlJson.Default.NameBody);
    }

    private async Task StreamEventsAsync(HttpContext http)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _stopping);
        var events = _node.WatchAsync(ended.Token);
        try
        {
            await ControlAnswers.BeginEventsAsync(http, ended.Token).ConfigureAwait(false);
            await foreach (var e in events.ConfigureAwait(false))
                await ControlAnswers.WriteEventAsync(http, e.Event, e, ControlJson.Default.EventBody, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The watcher left or the node stops: the end of the stream says so.
        }
    }

    /// <summary>What keeps a bench from starting is a failure like any other; what ends it later is its last event.</summary>
    private async Task BenchAsync(HttpContext http)
    {
        var request = await ReadAsync(http, ControlJson.Default.BenchBody).ConfigureAwait(false);
        if (request?.Name is null)
            throw Expected("""{"name":"beta","phaseMs":2000,"size":65536,"streams":1}""");

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _stopping);
        try
        {
            await foreach (var e in _node.BenchAsync(request, ended.Token).ConfigureAwait(false))
            {
                if (!http.Response.HasStarted)
                    await ControlAnswers.BeginEventsAsync(http, ended.Token).ConfigureAwait(false);
                await ControlAnswers.WriteEventAsync(http, e.Event, e, ControlJson.Default.BenchEventBody, ended.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Whoever asked has left, or the node stops.
        }
        catch (FirnException e) when (http.Response.HasStarted)
        {
            var failed = new BenchEventBody("failed") { Reason = ControlJson.Spell(e.Reason), Message = e.Message };
            await ControlAnswers.WriteEventAsync(http, failed.Event, failed, ControlJson.Default.BenchEventBody, ended.Token).ConfigureAwait(false);
        }
    }

    private static async Task<string> ReadNameAsync(HttpContext http)
    {
        var body = await ReadAsync(http, ControlJson.Default.NameBody).ConfigureAwait(false);
        return body?.Name ?? throw Expected("""{"name":"beta"}""");
    }

    private static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FirnException Expected(string example) =>
        new(FailureReason.InvalidInput, $"expected a JSON body such as {example}");

    private static Func<HttpContext, Task> Refuse(int status, string message) =>
        http => ControlAnswers.FailAsync(http, status, FailureReason.InvalidInput, message);
}
