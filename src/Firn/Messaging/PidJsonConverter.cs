using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Firn.Messaging;

namespace Firn;

/// <summary>
/// Writes <see cref="Pid"/> and <see cref="Pid{TMessage}"/> as their text; those that a node reads can be used from it. Public
/// only because source-generated contexts must be able to name it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class PidJsonConverter : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert)
    {
        ArgumentNullException.ThrowIfNull(typeToConvert);
        return typeToConvert == typeof(Pid) || (typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Pid<>));
    }

    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(typeToConvert);
        return typeToConvert == typeof(Pid)
            ? new Untyped()
            : (JsonConverter)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;
    }

    private static Pid Parse(string? text) => Pid.TryParse(text, out var pid, out var error)
        ? pid.WithHost(ProcessHost.OfReader)
        : throw new JsonException(error);

    private sealed class Untyped : JsonConverter<Pid>
    {
        public override Pid Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

        public override void Write(Utf8JsonWriter writer, Pid value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

        public override Pid ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

        public override void WriteAsPropertyName(Utf8JsonWriter writer, Pid value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());
    }

    private sealed class Typed<TMessage> : JsonConverter<Pid<TMessage>>
    {
        public override Pid<TMessage> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Parse(reader.GetString()).As<TMessage>();

        public override void Write(Utf8JsonWriter writer, Pid<TMessage> value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());

        public override Pid<TMessage> ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Parse(reader.GetString()).As<TMessage>();

        public override void WriteAsPropertyName(Utf8JsonWriter writer, Pid<TMessage> value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value.ToString());
    }
}
