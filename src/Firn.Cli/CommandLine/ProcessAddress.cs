using Firn.Protocol;

namespace Firn.Cli;

/// <summary>A process by its name at a node, which may be abbreviated: <c>chat@beta</c>, <c>chat@beta@beta.lan</c>.</summary>
internal sealed record ProcessAddress(string Process, string Node)
{
    /// <summary>Reads <paramref name="text"/>; else a sentence that says what was expected.</summary>
    public static (ProcessAddress? Value, string? Error) Read(string text)
    {
        int at = text.IndexOf('@');
        if (at < 0 || at == text.Length - 1)
            return (null, $"\"{text}\" names no node: expected NAME@NODE, such as chat@beta");

        string process = text[..at], node = text[(at + 1)..];
        if (!ProcessName.IsValid(process))
            return (null, $"\"{process}\" is no name of a process: expected NAME@NODE, the name 1 to 128 of A-Z a-z 0-9 . _ / -");
        return node.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            ? (null, $"\"{node}\" is no name of a node: expected NAME@NODE, such as chat@beta")
            : (new ProcessAddress(process, node), null);
    }

    public override string ToString() => $"{Process}@{Node}";
}
