using System.Text.Json.Serialization;

namespace Firn.Tests.Serialization;

internal sealed record Add(int N, string? Note = null);

internal sealed record Order(string Name, IReadOnlyList<Line> Lines, Dictionary<string, decimal> Prices, DateTimeOffset At, (int X, int Y) Place);

internal sealed record Line(string Item, int Count);

internal sealed record Tree(Tree? Left, Tree? Right);

internal sealed record Greeting(Pid From, Pid<Add> Counter, Pid? Maybe, Dictionary<Pid, int> Scores);

internal sealed record WithDelegate(string Name, Action Callback);

internal sealed record Outer(WithDelegate Inner);

internal sealed record WithIgnored(string Name, [property: JsonIgnore] Action? Callback = null);

internal sealed class Box
{
    public object? Anything { get; set; }
}

/// <summary>What a program makes that wants no reflection.</summary>
[JsonSerializable(typeof(Add))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Greeting))]
[JsonSerializable(typeof(Outer))]
[JsonSerializable(typeof(WithIgnored))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(string))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IncludeFields = true)]
internal sealed partial class TestContext : JsonSerializerContext;
