using Firn.Cli;

namespace Firn.Tests.Cli.Doctor;

/// <summary>What <c>firn doctor</c> makes of the rest of the machine.</summary>
public sealed class MachineFindingTests
{
    [Theory]
    [InlineData(true, 2026, "ok", "2026-01-02 03:04:05Z, kept right")]
    [InlineData(null, 2026, "ok", "is not known here")]
    [InlineData(false, 2026, "warning", "timedatectl")]
    [InlineData(true, 1970, "problem", "1970-01-02 03:04:05Z cannot be true")]
    public void A_clock_is_judged(bool? isSynchronised, int year, string verdict, string part) =>
        ClockCheck.Judge(new ClockFacts(new DateTimeOffset(year, 1, 2, 3, 4, 5, TimeSpan.Zero), isSynchronised)).ShouldBe(verdict, part);

    [Fact]
    public void The_kernels_clock_is_asked_on_Linux() => (KernelClock.IsSynchronised() is not null).ShouldBe(OperatingSystem.IsLinux());

    [Theory]
    [InlineData("Max open files            1024                 1048576              files     ", 1_048_576, "ok", "up to 1,048,576")]
    [InlineData("Max open files            1024                 unlimited            files     ", long.MaxValue, "ok", "as many as one likes")]
    [InlineData("Max open files            1024                 1024                 files     ", 1_024, "warning", "LimitNOFILE")]
    [InlineData("Max open files            64                   64                   files     ", 64, "problem", "too few")]
    public void Limits_are_read_and_judged(string line, long hard, string verdict, string part)
    {
        FileLimitCheck.Hard(["Limit                     Soft Limit           Hard Limit           Units     ", line]).ShouldBe(hard);
        FileLimitCheck.Judge(hard).ShouldBe(verdict, part);
    }

    [Fact]
    public void Limits_in_another_form_are_not_judged() => FileLimitCheck.Hard(["Max open files many"]).ShouldBeNull();

    [Fact]
    public void Without_libmsquic_only_quic_is_missing()
    {
        QuicCheck.Judge(true).ShouldBe("ok", "installed");
        QuicCheck.Judge(false).ShouldBe("warning", "everything else is");
    }

    [Fact]
    public void The_last_line_counts()
    {
        FindingDisplay.Summary([]).ShouldBe("0 ok, 0 warnings, 0 problems");
        FindingDisplay.Summary([Finding.Ok("a", "b"), Finding.Warning("a", "b", "c"), Finding.Problem("a", "b", "c")]).ShouldBe("1 ok, 1 warning, 1 problem");
    }

    [Theory]
    [InlineData("one two three", 20, "one two three")]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("one two three", 6, "one|two|three")]
    [InlineData("a /very/long/path b", 6, "a|/very/long/path|b")]
    [InlineData("", 6, "")]
    public void Long_findings_are_wrapped_between_words(string text, int width, string lines) =>
        string.Join('|', FindingDisplay.Wrap(text, width)).ShouldBe(lines);
}
