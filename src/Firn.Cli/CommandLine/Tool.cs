using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>The command line of <c>firn</c>, and how its failures become one line and an exit code.</summary>
internal static class Tool
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;
    public const int Interrupted = 130;

    /// <summary>A message may begin with an @: no response files.</summary>
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    private static readonly string[] Examples =
    [
        "firn demo                    see it all work on this machine",
        "firn up                      start a node here",
        "firn up --peer 192.168.1.5   start a node and join the one over there",
        "firn peers                   who is connected",
    ];

    /// <summary>Runs one command; <paramref name="stop"/> is the user's Ctrl-C.</summary>
    /// <returns>0; 1 with a line on <paramref name="error"/>; 2 when the command line makes no sense.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken stop = default)
    {
        var common = new CommonOptions();
        var parsed = CreateRoot(common).Parse(args, Parsing);
        if (parsed.Action is ParseErrorAction)
            return Complain(parsed, error);

        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, stop);
        }
        catch (FirnException e)
        {
            foreach (string line in FailureLines.Of(e))
                error.WriteLine(Printable.Line(line));
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, ErrorBody.Of(e), ControlJson.Default.ErrorBody);
            return Failure;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Interrupted;
        }
        catch (IOException e) when (BrokenPipe.Is(e))
        {
            return BrokenPipe.ExitCode;
        }
    }

    internal static RootCommand CreateRoot(CommonOptions common)
    {
        var root = new RootCommand("Links machines by name: authenticated, encrypted peers; no certificates, no server.")
        {
            common.Json,
            common.Node,
            UpCommand.Create(common),
            StatusCommand.Create(common),
            PeersCommand.Create(common),
            DialCommand.Create(common),
            HangupCommand.Create(common),
            PingCommand.Create(common),
            NamesCommand.Create(common),
            SendCommand.Create(common),
            CallCommand.Create(common),
            BenchCommand.Create(common),
            EventsCommand.Create(common),
            StopCommand.Create(common),
            CookieCommand.Create(common),
            TrustCommand.Create(common),
            PinsCommand.Create(common),
            InviteCommand.Create(common),
            JoinCommand.Create(common),
            IdCommand.Create(common),
            DemoCommand.Create(common),
            CompletionsCommand.Create(),
        };

        // No "-?" and "/?": every one of them would turn up in completions.
        root.Options.Remove(root.Options.Single(option => option is HelpOption));
        var help = new HelpOption("--help", "-h");
        help.Action = new HelpWithExamples((HelpAction)help.Action!, Examples);
        root.Add(help);
        root.SetAction(parsed =>
        {
            ((HelpWithExamples)help.Action).Invoke(parsed);
            return UsageError;
        });
        return root;
    }

    private static int Complain(ParseResult parsed, TextWriter error)
    {
        string problem = parsed.Errors[0].Message.ReplaceLineEndings(" ");
        error.WriteLine($"firn: {Printable.Line(problem)} (see '{PathOf(parsed.CommandResult.Command)} --help')");
        return UsageError;
    }

    /// <summary>The words that lead to <paramref name="command"/>: <c>firn cookie show</c>.</summary>
    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : "firn";
}
