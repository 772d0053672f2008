using System.Runtime.CompilerServices;

namespace Firn.Tests.Api;

/// <summary>The public surface, held in text files that are read in review.</summary>
public sealed class ApprovedApiTests
{
    [Theory]
    [InlineData(typeof(NodeName), "Firn.Protocol")]
    [InlineData(typeof(Node), "Firn")]
    [InlineData(typeof(ControlApi), "Firn.AspNetCore")]
    public void The_public_API_is_the_approved_one(Type any, string name)
    {
        ArgumentNullException.ThrowIfNull(any);
        string file = Path.Combine(Directory(), $"{name}.approved.txt");
        string found = ApiText.Of(any.Assembly);
        if (Environment.GetEnvironmentVariable("FIRN_ACCEPT_API") == "1")
            File.WriteAllText(file, found);

        string approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (found != approved)
            Assert.Fail($"The public API of {name} has changed:\n{Difference(approved, found)}\nIf that is meant: FIRN_ACCEPT_API=1 ./test, and commit {file}.");
    }

    [Fact]
    public void Nothing_public_is_left_that_only_the_family_needs()
    {
        typeof(NodeName).Assembly.GetExportedTypes().ShouldAllBe(type => type.Namespace == "Firn");
        typeof(Node).Assembly.GetExportedTypes().ShouldAllBe(
            type => type.Namespace == "Firn" || type.Namespace == "Firn.Hosting" || type.Namespace == "Microsoft.Extensions.DependencyInjection");
    }

    /// <summary>Lines that went and came, each under its type.</summary>
    private static string Difference(string approved, string found)
    {
        var (before, after) = (Lines(approved), Lines(found));
        return string.Join('\n', [.. before.Except(after).Select(line => $"- {line}"), .. after.Except(before).Select(line => $"+ {line}")]);
    }

    private static List<string> Lines(string text)
    {
        string type = "";
        var lines = new List<string>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith(' '))
                type = line;
            lines.Add(line.StartsWith(' ') ? $"{type.Split(" : ")[0]}: {line.Trim()}" : line);
        }

        return lines;
    }

    private static string Directory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
