using Firn.Cli;

namespace Firn.Tests;

public class DurationsTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("15s", 15_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1ms", 1)]
    [InlineData("24h", 86_400_000)]
    public void A_number_and_a_unit_are_a_duration(string text, double milliseconds)
    {
        var (value, error) = Durations.Read(text);

        error.ShouldBeNull();
        value.TotalMilliseconds.ShouldBe(milliseconds);
    }

    [Theory]
    [InlineData("", "such as 500ms, 15s or 2m")]
    [InlineData("15", "such as 500ms, 15s or 2m")]
    [InlineData("s", "such as 500ms, 15s or 2m")]
    [InlineData("15 s", "such as 500ms, 15s or 2m")]
    [InlineData("15sec", "such as 500ms, 15s or 2m")]
    [InlineData("-1s", "such as 500ms, 15s or 2m")]
    [InlineData("1.2.3s", "such as 500ms, 15s or 2m")]
    [InlineData("1e3s", "such as 500ms, 15s or 2m")]
    [InlineData("0s", "at least 1ms")]
    [InlineData("0.1ms", "at least 1ms")]
    [InlineData("25h", "at most 24h")]
    [InlineData("99999999999999999999999999h", "at most 24h")]
    public void Anything_else_is_told_what_was_expected(string text, string hint)
    {
        string? error = Durations.Read(text).Error;

        error.ShouldNotBeNull();
        error.ShouldStartWith($"\"{text}\" is ");
        error.ShouldContain(hint);
    }

    [Theory]
    [InlineData(-3, "0s")]
    [InlineData(7, "7s")]
    [InlineData(125, "2m 5s")]
    [InlineData((3 * 3600) + (4 * 60) + 59, "3h 4m")]
    [InlineData((51 * 3600) + 1, "2d 3h")]
    public void Times_are_shown_by_their_two_largest_units(int seconds, string shown) =>
        Durations.Show(TimeSpan.FromSeconds(seconds)).ShouldBe(shown);
}
