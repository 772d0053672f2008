using System.CommandLine;
using System.Globalization;
using Firn.AspNetCore;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn invite</c>: a line that lets another machine join this node.</summary>
internal static class InviteCommand
{
    private static readonly string[] Headings = ["ID", "STATE", "USED", "GIVES", "EXPIRES"];

    public static Command Create(CommonOptions common)
    {
        var uses = Parsed.Option("--uses", $"For how many nodes, 1 to {InviteBook.MaxUses} [default: 1]", "N", ReadUses);
        var expires = Parsed.Option("--expires", "How long it can be used, 1s to 24h [default: 1h]", "D", ReadLifetime);
        var trustOnly = new Option<bool>("--trust-only") { Description = "Give no cookie, only mutual trust (with --admit trust or both)" };
        var addresses = Parsed.Options(
            "--address", "Where the other machine dials this one; up to 4 [default: where it listens]", "ADDR", Parsed.Address);
        var list = new Option<bool>("--list") { Description = "List the invites that this node has made since its start" };
        var cancel = new Option<string?>("--cancel") { Description = "Have an invite take nobody any more", HelpName = "ID" };
        cancel.CompletionSources.Add(Suggestions.Invites(common));
        var command = new ExampledCommand(
            "invite",
            "Print one line that lets another machine join this node, with 'firn join'. Whoever has the line first can use it: send it over a channel that you trust. "
            + "Invites end with the node",
            "firn invite",
            "firn invite --uses 3 --expires 24h",
            "firn invite | ssh there firn join --yes",
            "firn invite --list",
            "firn invite --cancel 0123456789abcdef")
        {
            uses, expires, trustOnly, addresses, list, cancel,
        };
        command.Validators.Add(result =>
        {
            Option[] making = [uses, expires, trustOnly, addresses];
            bool makes = making.Any(option => result.GetResult(option) is { Implicit: false });
            bool lists = result.GetValue(list), cancels = result.GetValue(cancel) is not null;
            if ((lists && cancels) || (makes && (lists || cancels)))
                result.AddError("--list and --cancel exclude each other, and the options of a new invite");
        });
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            if (parsed.GetValue(list))
                Show(parsed, common, await client.InvitesAsync(stop));
            else if (parsed.GetValue(cancel) is { } id)
                Cancelled(parsed, common, await client.CancelInviteAsync(id, stop));
            else
                Made(parsed, common, await client.InviteAsync(Request(), stop));
            return Tool.Success;

            NewInviteBody Request()
            {
                var request = new NewInviteBody(parsed.GetValueOr(uses, 1), TrustOnly: parsed.GetValue(trustOnly), Addresses: parsed.GetValue(addresses));
                return parsed.GetResult(expires) is { Implicit: false } ? request with { ExpiresMs = parsed.GetValue(expires).TotalMilliseconds } : request;
            }
        });
        return command;
    }

    private static (int Value, string? Error) ReadUses(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int uses) && uses is >= 1 and <= InviteBook.MaxUses
            ? (uses, null)
            : (0, $"\"{text}\": expected a number of nodes, 1 to {InviteBook.MaxUses}");

    private static (TimeSpan Value, string? Error) ReadLifetime(string text)
    {
        var (lifetime, error) = Durations.Read(text);
        return error is null && (lifetime < InviteBook.MinLifetime || lifetime > InviteBook.MaxLifetime)
            ? (default, $"\"{text}\" is out of range: expected 1s to 24h")
            : (lifetime, error);
    }

    /// <summary>The line alone on standard output, so that it can be piped; what else is to be said on standard error.</summary>
    private static void Made(ParseResult parsed, CommonOptions common, InviteBody invite)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(common.Json))
        {
            JsonLines.Write(output, invite, ControlJson.Default.InviteBody);
            return;
        }

        output.WriteLine(invite.Line);
        parsed.InvocationConfiguration.Error.WriteLine(
            $"gives {Gifts(invite)} to {(invite.Uses == 1 ? "one node" : $"{invite.Uses} nodes")} until {Local(invite)}; "
            + $"there: firn join; to cancel it: firn invite --cancel {invite.Id}");
    }

    private static void Cancelled(ParseResult parsed, CommonOptions common, InviteBody invite)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(common.Json))
            JsonLines.Write(output, invite, ControlJson.Default.InviteBody);
        else
            output.WriteLine($"invite {invite.Id} takes nobody any more; {invite.UsedBy.Count} of {invite.Uses} had used it");
    }

    private static void Show(ParseResult parsed, CommonOptions common, IReadOnlyList<InviteBody> invites)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(common.Json))
        {
            JsonLines.Write(output, invites, ControlJson.Default.IReadOnlyListInviteBody);
            return;
        }

        var rows = invites.Select(invite => (IReadOnlyList<string>)
            [invite.Id, invite.State, $"{invite.UsedBy.Count}/{invite.Uses}", Gifts(invite), Local(invite)]);
        foreach (string line in Columns.Align(Headings, rows))
            output.WriteLine(line);
    }

    private static string Gifts(InviteBody invite) => JoinText.Gifts(invite.GivesCookie, invite.GivesTrust);

    private static string Local(InviteBody invite) => invite.ExpiresAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
