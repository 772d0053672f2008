using System.Text.Json;
using System.Text.Json.Serialization;

namespace Firn.Serialization;

/// <summary>
/// Stands last among the converters of a serializer's options and refuses what is <see cref="Untransferable"/> when one is
/// met, so that converters of the user's own come first, those of a single member too.
/// </summary>
internal sealed class RefusingConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        Untransferable.Is(typeToConvert) && !typeToConvert.IsDefined(typeof(JsonConverterAttribute), inherit: false);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Refusing<>).MakeGenericType(typeToConvert))!;

    private sealed class Refusing<T> : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Untransferable.Refused(typeof(T));

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw Untransferable.Refused(typeof(T));
    }
}
