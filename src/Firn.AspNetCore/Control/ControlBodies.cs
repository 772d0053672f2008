using System.Text.Json;
using System.Text.Json.Serialization;

namespace Firn.AspNetCore;

/// <summary>
/// A node about itself: its real listening addresses, how many peers are connected, times in UTC. It admits by <c>cookie</c>, <c>trust</c>
/// or <c>both</c>.
/// </summary>
internal sealed record StatusBody(
    string Name,
    string Did,
    ulong Incarnation,
    string Cluster,
    IReadOnlyList<string> Listening,
    int Peers,
    DateTime StartedAt,
    string Version,
    string Admission);

/// <summary>
/// One connected peer. The direction is <c>inbound</c> or <c>outbound</c>; the role <c>entry</c>, <c>exit</c>,
/// <c>relay</c> or <c>indeterminate</c>; the RTT null until measured; times in UTC. It was admitted by <c>cookie</c>, <c>trust</c> or
/// <c>both</c>; its cookie is <c>current</c> or <c>old</c>, or null.
/// </summary>
internal sealed record PeerBody(
    string Name,
    string Did,
    ulong Incarnation,
    string SessionId,
    string Address,
    string Transport,
    string Direction,
    string Role,
    IReadOnlyList<string> Capabilities,
    double? RttMs,
    DateTime ConnectedAt,
    string SoftwareVersion,
    string Admission,
    string? Cookie);

/// <summary>
/// Something that happened at a node: <c>peerUp</c>, <c>peerDown</c> (with a reason), <c>peerChanged</c>,
/// <c>dialFailed</c> (address, reason, message, ways), <c>refused</c> (source, reason, message), <c>warning</c> (message) or
/// <c>eventsLost</c> (count). Only what belongs to the kind of event is present.
/// </summary>
internal sealed record EventBody(string Event, DateTime At)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PeerBody? Peer { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<WayBody>? Ways { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }
}

/// <summary>Asks for a dial: of an address, of <c>name@host</c> of a known peer, or of its DID.</summary>
internal sealed record DialBody(string? Address);

/// <summary>Names a peer, or an unambiguous prefix of its name; in an answer the full name.</summary>
internal sealed record NameBody(string? Name);

/// <summary>A node has taken up what changed about cookies and trust list of its home.</summary>
internal sealed record ReloadBody(string Name, int SessionsEnded);

/// <summary>
/// A name that belongs to a key: a <c>recent</c> one while connected and for some seconds still, a <c>kept</c> one until it is forgotten, a
/// <c>trusted</c> one as long as the trust list says so.
/// </summary>
internal sealed record PinBody(string Name, string Did, string Kind, bool Connected, double? SecondsLeft);

/// <summary>One answered ping.</summary>
internal sealed record PingBody(string Name, string Address, double RttMs);

/// <summary>
/// Why a request failed: a <see cref="FailureReason"/> in camelCase for programs and a sentence for people. Sent as
/// <c>application/problem+json</c> (RFC 9457; both are extension members).
/// </summary>
internal sealed record ErrorBody(string Reason, string Message)
{
    /// <summary>Of a dial, what became of each way that was tried.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<WayBody>? Ways { get; init; }

    public static ErrorBody Of(FirnException e) => new(ControlJson.Spell(e.Reason), e.Message) { Ways = WayBody.Of(e.Ways) };
}

/// <summary>One way to a node that did not lead to it: the address that was dialled, or the relay.</summary>
internal sealed record WayBody(string Way, string Reason, string Message)
{
    /// <summary>Null for none, so that they are left out.</summary>
    public static IReadOnlyList<WayBody>? Of(IReadOnlyList<FailedWay> ways) =>
        ways.Count == 0 ? null : [.. ways.Select(static w => new WayBody(w.Way, ControlJson.Spell(w.Reason), w.Message))];
}

/// <summary>The JSON of the control API and of the tool: camelCase, stable.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StatusBody))]
[JsonSerializable(typeof(IReadOnlyList<PeerBody>))]
[JsonSerializable(typeof(EventBody))]
[JsonSerializable(typeof(DialBody))]
[JsonSerializable(typeof(NameBody))]
[JsonSerializable(typeof(PingBody))]
[JsonSerializable(typeof(ReloadBody))]
[JsonSerializable(typeof(PinBody))]
[JsonSerializable(typeof(IReadOnlyList<PinBody>))]
[JsonSerializable(typeof(NewInviteBody))]
[JsonSerializable(typeof(InviteBody))]
[JsonSerializable(typeof(IReadOnlyList<InviteBody>))]
[JsonSerializable(typeof(InviteIdBody))]
[JsonSerializable(typeof(JoinBody))]
[JsonSerializable(typeof(JoinOfferBody))]
[JsonSerializable(typeof(NamesBody))]
[JsonSerializable(typeof(SentBody))]
[JsonSerializable(typeof(BenchBody))]
[JsonSerializable(typeof(BenchEventBody))]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    /// <summary>How the API spells a value of an enum: <c>TransportError</c> as <c>transportError</c>.</summary>
    public static string Spell<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
