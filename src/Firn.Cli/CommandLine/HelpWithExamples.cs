using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Firn.Cli;

/// <summary>A command that shows by examples how it is used.</summary>
internal sealed class ExampledCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples => examples;
}

/// <summary>The usual help, and below it examples: those of the command, or <paramref name="ofRoot"/>.</summary>
internal sealed class HelpWithExamples(HelpAction usual, IReadOnlyList<string> ofRoot) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command is ExampledCommand command ? command.Examples : ofRoot;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples)
            output.WriteLine($"  {example}");
        return result;
    }
}
