using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Firn.Identity;

/// <summary>A JSON file of a home: this user's alone, read with a limit, replaced at once or not at all.</summary>
/// <param name="path">Where it is.</param>
/// <param name="maxBytes">A larger one is refused.</param>
/// <param name="type">Its shape.</param>
/// <param name="isNot">What is wrong with one that cannot be read, after its path: "is not a trust list".</param>
/// <param name="remedy">What to do then, in a sentence.</param>
internal sealed class JsonFile<T>(string path, int maxBytes, JsonTypeInfo<T> type, string isNot, string remedy)
    where T : class
{
    public string Path => path;

    /// <summary>What <paramref name="read"/> makes of it; null if there is no such file.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: others can read it, or it is not what it should be.</exception>
    public TContent? Read<TContent>(Func<T, TContent> read)
        where TContent : class
    {
        if (PrivateFiles.TryReadSecret(path, maxBytes) is not { } bytes)
            return null;

        try
        {
            return JsonSerializer.Deserialize(bytes, type) is { } content ? read(content) : throw new JsonException("It holds null.");
        }
        catch (Exception e) when (e is JsonException or FirnException { Reason: FailureReason.InvalidInput })
        {
            throw new FirnException(FailureReason.HomeUnusable, $"{path} {isNot}: {e.Message} {remedy}", e);
        }
    }

    public void Replace(T content) => PrivateFiles.Replace(path, JsonSerializer.SerializeToUtf8Bytes(content, type));
}
