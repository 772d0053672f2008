using System.Text.Json.Serialization;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>The names that belong to a key for good, as a node keeps them between its lives: <c>pins.json</c> in its directory.</summary>
internal sealed class PinStore(string directory)
{
    private readonly JsonFile<PinFile> _file = new(
        System.IO.Path.Combine(directory, "pins.json"), 4 * 1024 * 1024, PinJson.Default.PinFile,
        "does not hold pinned names", "Mend it, or remove it to forget them all.");

    public string Path => _file.Path;

    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: the file is not what it should be.</exception>
    public IReadOnlyList<PeerKey> Read() =>
        _file.Read(static file => (file.Pins ?? []).Select(static pin => new PeerKey(Did.Parse(pin.Did ?? ""), NodeName.Parse(pin.Name ?? ""))).ToList()) ?? [];

    public void Write(IReadOnlyList<PeerKey> pins) => _file.Replace(new PinFile([.. pins.Select(pin => new PinLine(pin.Name.ToString(), pin.Did.ToString()))]));
}

/// <summary>The shape of <c>pins.json</c>.</summary>
internal sealed record PinFile(IReadOnlyList<PinLine>? Pins);

/// <summary>One name in it, and the key that it belongs to.</summary>
internal sealed record PinLine(string? Name, string? Did);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PinFile))]
internal sealed partial class PinJson : JsonSerializerContext;
