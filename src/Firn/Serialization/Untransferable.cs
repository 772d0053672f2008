using System.Collections;
using System.IO.Pipelines;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Google.Protobuf;

namespace Firn.Serialization;

/// <summary>
/// What means nothing outside of its process: code, handles, and what is still going on. System.Text.Json refuses some of it and
/// would write others as an object of their properties (of a task it would wait for the result).
/// </summary>
internal static class Untransferable
{
    private static readonly Type[] Kinds =
    [
        typeof(Delegate), typeof(Task), typeof(ValueTask), typeof(Stream), typeof(TextReader), typeof(TextWriter), typeof(PipeReader),
        typeof(PipeWriter), typeof(MemberInfo), typeof(nint), typeof(nuint), typeof(Pointer), typeof(SafeHandle), typeof(WaitHandle),
        typeof(Thread), typeof(CancellationToken), typeof(CancellationTokenSource), typeof(Node), typeof(Peer),
    ];

    private static readonly Type[] GenericKinds = [typeof(ValueTask<>), typeof(IAsyncEnumerable<>), typeof(TaskCompletionSource<>)];

    /// <summary>Whether values of this type mean nothing elsewhere.</summary>
    public static bool Is(Type type) =>
        type.IsPointer || Kinds.Any(kind => kind.IsAssignableFrom(type)) || type.GetInterfaces().Append(type).Any(IsGenericKind);

    /// <summary>Refuses a JSON contract with such a member, whatever the member holds. Runs once a type and options.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotSerializable"/>: the sentence names type and member.</exception>
    public static void RefuseMembers(JsonTypeInfo contract)
    {
        var converters = contract.Options.Converters;
        if (typeof(IMessage).IsAssignableFrom(contract.Type))
            throw new FirnException(FailureReason.NotSerializable, $"{TypeNames.Of(contract.Type)} is a protobuf message, which JSON would not keep whole: use ProtobufMessageSerializer.");
        if (!Is(contract.Type) && Find(contract.Type, converters) is { } element)
            throw Refused($"{TypeNames.Of(contract.Type)} holds {KindOf(element)}");

        foreach (var member in contract.Properties.Where(m => (m.Get is not null || m.Set is not null) && m.CustomConverter is null))
        {
            if (Find(member.PropertyType, converters) is { } found)
                throw Refused($"{TypeNames.Of(contract.Type)}.{NameOf(member)} {(found == member.PropertyType ? "is" : "holds")} {KindOf(found)}");
        }
    }

    /// <summary>The failure of who sends, or expects, such a thing.</summary>
    public static FirnException Refused(Type type) => Refused("What was sent is " + KindOf(type));

    /// <summary>The untransferable type that <paramref name="type"/> is, or that it is a collection of.</summary>
    private static Type? Find(Type type, IList<JsonConverter> converters)
    {
        if (HasOwnConverter(type, converters))
            return null;
        if (Is(type))
            return type;
        return typeof(IEnumerable).IsAssignableFrom(type) || Nullable.GetUnderlyingType(type) is not null
            ? PartsOf(type).Select(part => Find(part, converters)).FirstOrDefault(found => found is not null)
            : null;
    }

    private static Type[] PartsOf(Type type) => type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments();

    private static bool IsGenericKind(Type type) => type.IsGenericType && GenericKinds.Contains(type.GetGenericTypeDefinition());

    private static bool HasOwnConverter(Type type, IList<JsonConverter> converters) =>
        type.IsDefined(typeof(JsonConverterAttribute), inherit: false) || converters.Any(c => c is not RefusingConverter && c.CanConvert(type));

    private static string NameOf(JsonPropertyInfo member) => (member.AttributeProvider as MemberInfo)?.Name ?? member.Name;

    private static string KindOf(Type type) =>
        (typeof(Delegate).IsAssignableFrom(type) ? "a delegate, " : "") + TypeNames.Of(type);

    private static FirnException Refused(string what) => new(
        FailureReason.NotSerializable,
        $"{what}, which means nothing on another node: leave it out of the message, mark it [JsonIgnore], or send what it stands for (bytes, a value, a Pid).");
}
