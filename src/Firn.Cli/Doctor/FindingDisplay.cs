using Spectre.Console;

namespace Firn.Cli;

/// <summary>Findings as a person reads them: what it comes to, what was looked at, what was found, and below it what to do.</summary>
internal sealed class FindingDisplay(IAnsiConsole console)
{
    private const int VerdictWidth = 10;
    private const int Indent = VerdictWidth + 12;
    private const int LeastWidth = 20;

    public void Show(Finding finding)
    {
        var (word, colour) = finding.Verdict switch
        {
            Verdict.Ok => ("ok", Color.Green),
            Verdict.Warning => ("warning", Color.Yellow),
            _ => ("problem", Color.Red),
        };
        console.Write(word.PadRight(VerdictWidth), new Style(colour));
        console.WriteLine(finding.Check.PadRight(Indent - VerdictWidth) + Block(finding.Found));   // not as markup
        if (finding.Advice is { } advice)
            console.WriteLine(new string(' ', Indent) + Block(advice), new Style(decoration: Decoration.Bold));
    }

    public void Summarise(IReadOnlyCollection<Finding> findings) => console.WriteLine(Summary(findings));

    /// <summary><c>11 ok, 1 warning, 2 problems</c>.</summary>
    public static string Summary(IReadOnlyCollection<Finding> findings)
    {
        int Count(Verdict verdict) => findings.Count(finding => finding.Verdict == verdict);
        var (warnings, problems) = (Count(Verdict.Warning), Count(Verdict.Problem));
        return $"{Count(Verdict.Ok)} ok, {warnings} {(warnings == 1 ? "warning" : "warnings")}, {problems} {(problems == 1 ? "problem" : "problems")}";
    }

    /// <summary>Words in lines of at most <paramref name="width"/>, but for a longer word.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length == 0 ? word : ' ' + word;
        }

        yield return line;
    }

    private string Block(string text) =>
        string.Join($"\n{"",Indent}", Wrap(Printable.Line(text), Math.Max(LeastWidth, console.Profile.Width - Indent - 1)));
}
