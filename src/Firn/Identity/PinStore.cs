using System.Text.Json;
using System.Text.Json.Serialization;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>The names that belong to a key for good, as a node keeps them between its lives: <c>pins.json</c> in its directory.</summary>
internal sealed class PinStore(string directory)
{
    private const int MaxBytes = 4 * 1024 * 1024;

    public string Path { get; } = System.IO.Path.Combine(directory, "pins.json");

    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: the file is not what it should be.</exception>
    public IReadOnlyList<PeerKey> Read()
    {
        if (PrivateFiles.TryReadSecret(Path, MaxBytes) is not { } bytes)
            return [];

        try
        {
            var file = JsonSerializer.Deserialize(bytes, PinJson.Default.PinFile);
            return [.. (file?.Pins ?? []).Select(pin => new PeerKey(Did.Parse(pin.Did ?? ""), NodeName.Parse(pin.Name ?? "")))];
        }
        catch (Exception e) when (e is JsonException or FirnException { Reason: FailureReason.InvalidInput })
        {
            throw new FirnException(
                FailureReason.HomeUnusable, $"{Path} does not hold pinned names: {e.Message} Mend it, or remove it to forget them all.", e);
        }
    }

    public void Write(IReadOnlyList<PeerKey> pins) => PrivateFiles.Replace(Path, JsonSerializer.SerializeToUtf8Bytes(
        new PinFile([.. pins.Select(pin => new PinLine(pin.Name.ToString(), pin.Did.ToString()))]), PinJson.Default.PinFile));
}

/// <summary>The shape of <c>pins.json</c>.</summary>
internal sealed record PinFile(IReadOnlyList<PinLine>? Pins);

/// <summary>One name in it, and the key that it belongs to.</summary>
internal sealed record PinLine(string? Name, string? Did);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PinFile))]
internal sealed partial class PinJson : JsonSerializerContext;
