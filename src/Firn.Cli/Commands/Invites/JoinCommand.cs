using System.CommandLine;
using Firn.AspNetCore;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn join</c>: becomes a peer of the node that has made an invite.</summary>
internal static class JoinCommand
{
    public static Command Create(CommonOptions common)
    {
        var line = new Argument<string?>("LINE")
        {
            Description = "What 'firn invite' printed. Better given on standard input, or asked for: a command line is shown to every user of this machine",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var name = new Option<string?>("--name")
        {
            Description = "Which node joins: NAME or NAME@HOST, as for 'firn up' [default: <user>@<hostname>, or the node that runs]",
            HelpName = "NAME",
        };
        var yes = new Option<bool>("--yes") { Description = "Join without asking" };
        var command = new ExampledCommand(
            "join",
            "Join the node that has made an invite: shows who it is, asks, and takes its cookie, or mutual trust. Never overwrites a cookie: use another home with FIRN_HOME=DIR",
            "firn join                                asks for the line, without showing it",
            "firn join firn-join1:…",
            "ssh there firn invite | firn join --yes",
            "FIRN_HOME=~/.firn-work firn join")
        {
            line, name, yes,
        };
        command.SetAction(async (parsed, stop) =>
        {
            string text = JoinText.ReadLine(parsed.GetValue(line), stop);
            using var invite = InviteLine.Parse(text);
            var home = FirnHome.Open();
            JoinedHome.Check(home, invite);
            if (!parsed.GetValue(yes) && HiddenPrompt.WhyNot() is { } why)
                throw new FirnException(FailureReason.InvalidInput, $"nobody can be asked whether to join ({why}): --yes joins without asking");

            using var joining = await BeginAsync();
            var offer = await joining.LookAsync(stop);
            if (!parsed.GetValue(yes) && !JoinText.Ask(offer, parsed.InvocationConfiguration.Error, stop))
                throw new FirnException(FailureReason.InvalidInput, "not joined: nothing was taken. For 10 minutes this node, and no other, can use the line again");
            offer = await joining.TakeAsync(stop);
            Say(parsed, common, offer, joining.HowToStart);
            return Tool.Success;

            async Task<IJoining> BeginAsync()
            {
                bool isFree = parsed.GetValue(name) is null && RunningNodes.List(home).Any(CommonOptions.IsControlled);
                return isFree || parsed.GetValue(common.Node) is not null
                    ? new RunningJoining(common.Connect(parsed), text)
                    : await HomeJoining.BeginAsync(home, parsed.GetValue(name), invite, stop);
            }
        });
        return command;
    }

    private static void Say(ParseResult parsed, CommonOptions common, JoinOfferBody offer, string? howToStart)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(common.Json))
        {
            JsonLines.Write(output, offer, ControlJson.Default.JoinOfferBody);
            return;
        }

        output.WriteLine(Printable.Line(
            $"joined {offer.Name} ({offer.Did}), with {JoinText.Gifts(offer.GivesCookie, offer.GivesTrust)}; "
            + (howToStart is null ? "it is a peer now" : $"start with: {howToStart}")));
    }
}
