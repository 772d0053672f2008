using System.Text.Json.Serialization;

namespace Firn.Cli;

/// <summary>What the tool says in JSON beyond the control API's own shapes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CookieRecord))]
[JsonSerializable(typeof(TrustRecord))]
[JsonSerializable(typeof(IReadOnlyList<TrustRecord>))]
[JsonSerializable(typeof(IdRecord))]
[JsonSerializable(typeof(PingRecord))]
[JsonSerializable(typeof(DemoRecord))]
[JsonSerializable(typeof(DoctorRecord))]
[JsonSerializable(typeof(CallRecord))]
[JsonSerializable(typeof(BenchRecord))]
internal sealed partial class CliJson : JsonSerializerContext;
