using System.Reflection;
using System.Text;

namespace Firn.Tests.Api;

/// <summary>The public surface of an assembly as text: one line per member, sorted by name, with nullability.</summary>
internal static class ApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(ushort)] = "ushort",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(void)] = "void",
        [typeof(char)] = "char",
    };

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().Where(t => !IsGenerated(t)).OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Head(type)).Append('\n');
            var members = type.IsEnum ? EnumMembers(type) : Members(type).OrderBy(m => $"{m.Name} {m.Line}", StringComparer.Ordinal).Select(m => m.Line);
            foreach (var member in members)
                text.Append("    ").Append(member).Append('\n');
            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Head(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => type.GetMethod("PrintMembers", Declared) is null ? "struct" : "record struct",
            _ when IsRecord(type) => type.IsAbstract ? "abstract record" : type.IsSealed ? "sealed record" : "record",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        string[] bases = [.. new[] { type.BaseType }.Where(b => b is not null && b != typeof(object) && b != typeof(ValueType) && b != typeof(Enum)).Select(b => Name(b!)),
            .. type.GetInterfaces().Where(i => i.IsPublic && !type.IsEnum && !IsGenerated(i)).Select(Name).Order(StringComparer.Ordinal)];
        return $"{kind} {type.Namespace}.{Name(type)}{(bases.Length > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    private static IEnumerable<string> EnumMembers(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), null)}");

    private static IEnumerable<(string Name, string Line)> Members(Type type)
    {
        foreach (var field in type.GetFields(Declared).Where(f => (f.IsPublic || f.IsFamily) && !IsGenerated(f)))
        {
            string kind = field.IsLiteral ? "const " : field.IsStatic ? "static " : "";
            string value = field.IsLiteral ? $" = {(field.GetRawConstantValue() is string s ? $"\"{s}\"" : field.GetRawConstantValue())}" : "";
            yield return (field.Name, $"{kind}{Name(Nullability.Create(field))} {field.Name}{value}");
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(c => IsVisible(c) && !IsGenerated(c)))
            yield return ("", $"{Name(type)}({Parameters(constructor)})");

        foreach (var property in type.GetProperties(Declared).Where(p => p.GetAccessors(nonPublic: true).Any(IsVisible) && !IsGenerated(p)))
        {
            var accessors = property.GetAccessors(nonPublic: true).Where(IsVisible).ToList();
            string set = accessors.Find(a => a == property.SetMethod) is { } setter
                ? setter.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") ? " init;" : " set;"
                : "";
            yield return (property.Name, $"{Modifier(accessors[0])}{Name(Nullability.Create(property))} {property.Name} {{ get;{set} }}");
        }

        foreach (var happening in type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)))
            yield return (happening.Name, $"event {Name(Nullability.Create(happening))} {happening.Name}");

        foreach (var method in type.GetMethods(Declared).Where(m => IsVisible(m) && !IsGenerated(m) && !IsAccessor(m)))
        {
            string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
            yield return (method.Name, $"{Modifier(method)}{Name(Nullability.Create(method.ReturnParameter))} {method.Name}{generic}({Parameters(method)})");
        }
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
    {
        string by = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        string value = !parameter.HasDefaultValue ? "" : $" = {parameter.DefaultValue switch { null => "default", string s => $"\"{s}\"", var v => v }}";
        return $"{by}{Name(Nullability.Create(parameter))} {parameter.Name}{value}";
    }));

    private static string Name(NullabilityInfo info)
    {
        var type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        bool isNullable = info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable;
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";

        string name = info.GenericTypeArguments.Length > 0 && type.IsGenericType
            ? $"{Stem(type)}<{string.Join(", ", info.GenericTypeArguments.Select(Name))}>"
            : Name(type);
        return isNullable && !type.IsValueType ? name + "?" : name;
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        string name = type.IsGenericType ? $"{Stem(type)}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;
        return type is { IsNested: true, IsGenericParameter: false } ? $"{Name(type.DeclaringType!)}.{name}" : name;
    }

    private static string Stem(Type type) => type.Name.Split('`')[0];

    private static string Modifier(MethodInfo method) =>
        method.IsStatic ? "static "
        : method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract "
        : method.IsVirtual && !method.IsFinal && method.GetBaseDefinition() != method ? "override "
        : method.IsVirtual && !method.IsFinal && !method.DeclaringType!.IsInterface && !method.DeclaringType.IsSealed ? "virtual " : "";

    private static bool IsVisible(MethodBase method) => method.IsPublic || (method.IsFamily && !method.DeclaringType!.IsSealed);

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static bool IsAccessor(MethodInfo method) =>
        method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    /// <summary>What the compiler adds to records, and what the protobuf compiler makes, says nothing.</summary>
    private static bool IsGenerated(MemberInfo member) => member.Name.StartsWith('<')
        || member.Name is "EqualityContract" or "PrintMembers" or "Deconstruct" or "IEquatable`1"
        || (member is not Type && member.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute)));
}
