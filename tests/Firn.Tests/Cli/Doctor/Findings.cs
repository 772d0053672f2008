using Firn.Cli;

namespace Firn.Tests.Cli.Doctor;

internal static class Findings
{
    /// <summary>It comes to <paramref name="verdict"/>, says <paramref name="part"/>, and what to do unless all is well; each on one line.</summary>
    public static void ShouldBe(this Finding finding, string verdict, string part)
    {
        finding.Verdict.ShouldBe(Enum.Parse<Verdict>(verdict, ignoreCase: true), finding.ToString());
        $"{finding.Found} | {finding.Advice}".ShouldContain(part);
        (finding.Advice is null).ShouldBe(finding.Verdict == Verdict.Ok);
        finding.Found.ShouldNotContain('\n');
        finding.Found.ShouldNotEndWith(".");
    }
}
