using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Firn.Serialization;

namespace Firn;

/// <summary>
/// JSON in UTF-8, with <c>System.Text.Json</c>. Delegates, tasks, streams and their like are refused wherever in a message they
/// stand (unless a converter of your own writes them), and so is nesting deeper than the options allow, 64 unless set.
/// </summary>
public sealed class JsonMessageSerializer : MessageSerializer
{
    /// <summary>The deepest nesting that options may allow: a stack is finite, and what comes is a peer's choice.</summary>
    public const int MaxDepth = 256;

    private readonly JsonSerializerOptions _options;
    private readonly JsonReaderOptions _reading;
    private readonly JsonWriterOptions _writing;

    /// <summary>
    /// With the options of <see cref="Default"/>: names as written, fields (tuples) too; what a constructor needs must be there, and
    /// what is not nullable is not null; nothing stands twice.
    /// </summary>
    public JsonMessageSerializer()
        : this(new JsonSerializerOptions
        {
            IncludeFields = true,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
        })
    {
    }

    /// <summary>With the types and options of a source-generated context, and no reflection.</summary>
    public JsonMessageSerializer(JsonSerializerContext context)
        : this((context ?? throw new ArgumentNullException(nameof(context))).Options)
    {
    }

    /// <summary>With a copy of <paramref name="options"/>. Reflection finds the types unless they have a resolver.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: they allow nesting beyond <see cref="MaxDepth"/>.</exception>
    public JsonMessageSerializer(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.MaxDepth > MaxDepth)
            throw new FirnException(FailureReason.InvalidInput, $"The JSON options allow a depth of {options.MaxDepth}: expected at most {MaxDepth}.");

        var resolver = options.TypeInfoResolver
            ?? (JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : JsonTypeInfoResolver.Combine());
        _options = new JsonSerializerOptions(options) { TypeInfoResolver = resolver.WithAddedModifier(Untransferable.RefuseMembers) };
        _options.Converters.Add(new RefusingConverter());
        _options.MakeReadOnly();
        _reading = new JsonReaderOptions
        {
            AllowTrailingCommas = options.AllowTrailingCommas,
            CommentHandling = options.ReadCommentHandling,
            MaxDepth = options.MaxDepth,
        };
        _writing = new JsonWriterOptions { Encoder = options.Encoder, Indented = options.WriteIndented, MaxDepth = options.MaxDepth };
    }

    /// <summary>What nodes use unless told otherwise.</summary>
    public static JsonMessageSerializer Default { get; } = new();

    /// <inheritdoc/>
    public override void Serialize<T>(T value, IBufferWriter<byte> output)
    {
        try
        {
            var writer = new Utf8JsonWriter(output, _writing);  // not disposed: all that does is flush, even what has failed
            JsonSerializer.Serialize(writer, value, TypeInfo<T>());
            writer.Flush();
        }
        catch (Exception e) when (e is not FirnException)
        {
            throw SerializationFailures.NotSerializable<T>(e);
        }
    }

    /// <inheritdoc/>
    public override T Deserialize<T>(in ReadOnlySequence<byte> input)
    {
        try
        {
            var reader = new Utf8JsonReader(input, _reading);
            var value = JsonSerializer.Deserialize(ref reader, TypeInfo<T>());
            return reader.Read() ? throw new JsonException("Something follows the value.") : value!;
        }
        catch (Exception e) when (e is not FirnException { Reason: FailureReason.BadMessage })
        {
            throw SerializationFailures.BadMessage<T>(e);
        }
    }

    private JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));
}
