using System.Text.Json.Serialization;

namespace Firn.Cli;

/// <summary>What a check comes to.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Nodes run, but something does not work or is not safe.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>A node does not start or is not reached.</summary>
    [JsonStringEnumMemberName("problem")]
    Problem,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Check">A word or two: <c>cookie</c>.</param>
/// <param name="Verdict">What it comes to.</param>
/// <param name="Found">One line.</param>
/// <param name="Advice">What to do, one line; null when there is nothing to be done.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Found, string? Advice = null)
{
    public static Finding Ok(string check, string found) => new(check, Verdict.Ok, found);

    public static Finding Warning(string check, string found, string advice) => new(check, Verdict.Warning, found, advice);

    public static Finding Problem(string check, string found, string advice) => new(check, Verdict.Problem, found, advice);
}

/// <summary>What <c>firn doctor --json</c> says; it is ok when nothing is a problem.</summary>
internal sealed record DoctorRecord(bool Ok, IReadOnlyList<Finding> Findings);

/// <summary>Looks at one side of the machine. What it makes of the facts is a function of its own, without the machine.</summary>
internal interface ICheck
{
    Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop);
}
