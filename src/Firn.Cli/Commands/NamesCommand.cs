using System.CommandLine;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn names [NODE]</c>: whom one can send to, and what can be spawned.</summary>
internal static class NamesCommand
{
    private const string BuiltIn = "builtIn";

    private static readonly string[] Headings = ["NAME", "KIND"];

    public static Command Create(CommonOptions common)
    {
        var node = new Argument<string?>("NODE")
        {
            Description = "Whose names: a peer's, its name or the beginning of it [default: this node's]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        node.CompletionSources.Add(Suggestions.Nodes(common));
        var command = new ExampledCommand(
            "names",
            "List the named processes, and the functions that peers may spawn, of a node or of a peer",
            "firn names",
            "firn names beta",
            "firn names beta --json | jq -r '.names[] | select(.kind == \"process\").name'")
        {
            node,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var names = await client.NamesAsync(parsed.GetValue(node), stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, names, ControlJson.Default.NamesBody);
            else
                foreach (string line in Lines(names))
                    output.WriteLine(line);
            return Tool.Success;
        });
        return command;
    }

    public static IEnumerable<string> Lines(NamesBody names)
    {
        var rows = names.Names.Select(name => (string[])[Printable.Line(name.Name), name.Kind == BuiltIn ? "built-in" : Printable.Line(name.Kind)]);
        var table = Columns.Align(Headings, rows);
        return names.Names.Any(name => name.Kind != BuiltIn) ? table
            : [.. table, $"{names.Node} has no names of its own yet: a program gives them with node.Spawn(\"chat\", …) and node.Register(\"work\", …)"];
    }
}
