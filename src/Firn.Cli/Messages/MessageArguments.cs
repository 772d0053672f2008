using System.CommandLine;

namespace Firn.Cli;

/// <summary>What <c>firn send</c> and <c>firn call</c> have in common: to whom, and what.</summary>
internal sealed class MessageArguments
{
    public MessageArguments(CommonOptions common)
    {
        To = Parsed.Argument("NAME@NODE", "The process and its node: this one or a peer, its name or the beginning of it", ProcessAddress.Read);
        To.CompletionSources.Add(Suggestions.Processes(common));
    }

    public Argument<ProcessAddress?> To { get; }

    public Argument<string> Text { get; } = new("TEXT") { Description = "What to say; - reads it from standard input" };

    public Option<bool> Raw { get; } = new("--raw")
    {
        Description = "Send the bytes of TEXT as they are, such as JSON; else they become a JSON string",
    };

    public void AddTo(Command command)
    {
        command.Add(To);
        command.Add(Text);
        command.Add(Raw);
    }

    public async Task<(ProcessAddress To, ReadOnlyMemory<byte> Message)> ReadAsync(ParseResult parsed, CancellationToken stop) =>
        (parsed.GetRequiredValue(To)!, await MessageText.ReadAsync(
            parsed.GetRequiredValue(Text), parsed.GetValue(Raw), Console.OpenStandardInput, stop));
}
