using System.CommandLine;
using System.CommandLine.Parsing;

namespace Firn.Cli;

/// <summary>Options and arguments that are read by a function which says in a sentence what was wrong.</summary>
internal static class Parsed
{
    /// <summary>Reads a value; what comes with an error is of no use.</summary>
    public delegate (T Value, string? Error) Reader<T>(string text);

    public static Option<T> Option<T>(string name, string description, string helpName, Reader<T> read) =>
        new(name) { Description = description, HelpName = helpName, CustomParser = result => Read(result, name, read) };

    public static Option<T[]> Options<T>(string name, string description, string helpName, Reader<T> read) =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => [.. result.Tokens.Select(token => Read(result, token.Value, name, read)!)],
            DefaultValueFactory = _ => [],
        };

    public static Argument<T> Argument<T>(string name, string description, Reader<T> read) =>
        new(name) { Description = description, CustomParser = result => Read(result, name, read) };

    /// <summary>An option whose value is one of the names of an enum, in lower case.</summary>
    public static Option<T?> Choice<T>(string name, string description, string helpName)
        where T : struct, Enum
    {
        string[] choices = [.. Enum.GetNames<T>().Select(choice => choice.ToLowerInvariant())];
        var option = Option<T?>(name, description, helpName, text => choices.Contains(text)
            ? (Enum.Parse<T>(text, ignoreCase: true), null)
            : (null, $"\"{text}\": expected {string.Join(", ", choices[..^1])} or {choices[^1]}"));
        option.CompletionSources.Add(choices);
        return option;
    }

    /// <summary>What was given, or else <paramref name="fallback"/>. (A default of the option itself would show in help as code writes it.)</summary>
    public static T GetValueOr<T>(this ParseResult parsed, Option<T> option, T fallback) =>
        parsed.GetResult(option) is null ? fallback : parsed.GetValue(option)!;

    /// <summary>Reads an address to dial or listen on.</summary>
    public static (string Value, string? Error) Address(string text) =>
        NodeAddress.TryParse(text, out _, out string? error) ? (text, null) : (text, error);

    /// <summary>Reads whom to dial: an address, or a DID.</summary>
    public static (string Value, string? Error) Dialled(string text)
    {
        if (!text.StartsWith("did:", StringComparison.Ordinal))
            return Address(text);
        return Did.TryParse(text, out _) ? (text, null) : (text, $"\"{text}\": expected a DID as 'firn peers --json' shows it, did:key:zDn…");
    }

    /// <summary>Reads a DNS name whose addresses are peers.</summary>
    public static (string Value, string? Error) DnsName(string text)
    {
        Discovery.DnsPlace.TryParse(text, out string? error);
        return (text, error);
    }

    private static T? Read<T>(ArgumentResult result, string name, Reader<T> read) =>
        Read(result, result.Tokens[0].Value, name, read);

    private static T? Read<T>(ArgumentResult result, string text, string name, Reader<T> read)
    {
        var (value, error) = read(text);
        if (error is null)
            return value;

        result.AddError($"{name}: {error}");
        return default;
    }
}
