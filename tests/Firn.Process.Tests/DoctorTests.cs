using System.Text.Json;

using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary><c>firn doctor</c> on this machine, whatever that is like, and a home that gets worse.</summary>
public sealed class DoctorTests : NodeTests
{
    [Fact]
    public async Task It_says_what_runs_what_is_wrong_and_what_to_do()
    {
        FirnNode node = await Home.UpAsync("--name", "alpha", "--no-discovery");

        CommandResult well = await Home.RunAsync("doctor");
        well.Errors.ShouldBeEmpty();
        well.Output.Split('\n').ShouldContain($"ok        nodes       {node.Name} (process {node.Process.Id}) answers; 0 peers");

        await File.WriteAllTextAsync(Path.Combine(Home.Directory, "cookie"), "firn_short\n");
        CommandResult ill = await Home.RunAsync("doctor", "--json");

        ill.ExitCode.ShouldBe(1, ill.Errors);
        ill.Errors.ShouldBeEmpty();
        ill.Json.GetProperty("ok").GetBoolean().ShouldBeFalse();
        JsonElement cookie = ill.Json.GetProperty("findings").EnumerateArray().Single(finding => finding.GetProperty("check").GetString() == "cookie");
        cookie.GetProperty("verdict").GetString().ShouldBe("problem");
        cookie.GetProperty("found").GetString()!.ShouldContain(Home.Directory);
        cookie.GetProperty("advice").GetString()!.ShouldContain("firn cookie import");
    }
}
