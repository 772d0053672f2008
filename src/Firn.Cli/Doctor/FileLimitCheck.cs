using System.Globalization;

namespace Firn.Cli;

/// <summary>How many files and sockets a process may have open.</summary>
internal sealed class FileLimitCheck : ICheck
{
    private const string Name = "open files";
    private const string Path = "/proc/self/limits";   // proc(5)
    private const long FewForStrangers = 2_048;   // 1,088 strangers at the door, and the runtime's own
    private const long FewForAnything = 256;

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<Finding>>(
        File.Exists(Path) && Hard(File.ReadAllLines(Path)) is { } limit ? [Judge(limit)] : []);

    /// <summary>By the hard limit: the runtime raises the soft one to it when it starts.</summary>
    public static Finding Judge(long limit)
    {
        const string Advice = "raise it: ulimit -Hn 65536, or LimitNOFILE=65536 in the unit of the service";
        string found = limit == long.MaxValue ? "as many as one likes" : string.Create(CultureInfo.InvariantCulture, $"up to {limit:N0} in a process");
        return limit < FewForAnything ? Finding.Problem(Name, $"{found}, too few for a node", Advice)
            : limit < FewForStrangers ? Finding.Warning(Name, $"{found}: each peer and each stranger takes one", Advice)
            : Finding.Ok(Name, found);
    }

    /// <summary>The hard limit in the lines of the kernel; null when it is not there.</summary>
    public static long? Hard(IEnumerable<string> lines)
    {
        const string Heading = "Max open files";
        string? line = lines.FirstOrDefault(line => line.StartsWith(Heading, StringComparison.Ordinal));
        return line?[Heading.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, var hard, ..] ? null
            : hard == "unlimited" ? long.MaxValue
            : long.TryParse(hard, CultureInfo.InvariantCulture, out long limit) ? limit
            : null;
    }
}
