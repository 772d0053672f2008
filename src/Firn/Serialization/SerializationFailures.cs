namespace Firn.Serialization;

/// <summary>What serializers throw, as failures of Firn. What a peer sent may echo in the text, so it is cut and stripped.</summary>
internal static class SerializationFailures
{
    private const int MaxDetail = 500;

    public static FirnException NotSerializable<T>(Exception cause) => new(
        FailureReason.NotSerializable, $"{TypeNames.Of(typeof(T))} cannot be sent: {Detail(cause)}", cause);

    public static FirnException BadMessage<T>(Exception cause) => new(
        FailureReason.BadMessage, $"What came cannot be read as {TypeNames.Of(typeof(T))}: {Detail(cause)}", cause);

    public static FirnException IsNull<T>() => new(
        FailureReason.BadMessage, $"What came is null: expected {TypeNames.Of(typeof(T))}. Only a reply may be null.");

    private static string Detail(Exception cause)
    {
        string text = cause.Message;
        int length = text.Length <= MaxDetail ? text.Length : char.IsHighSurrogate(text[MaxDetail - 1]) ? MaxDetail - 1 : MaxDetail;
        return string.Create(length, text, static (shown, text) =>
        {
            for (int i = 0; i < shown.Length; i++)
                shown[i] = char.IsControl(text[i]) ? ' ' : text[i];
        }) + (length < text.Length ? "…" : "");
    }
}
