namespace Firn.Testing;

/// <summary>The <c>firn</c> tool that was built with the running test project, which must reference Firn.Cli.</summary>
internal static class FirnTool
{
    /// <summary>The runtime that hosts the tests hosts the tool, wherever it is installed.</summary>
    public static string Host { get; } = Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet";

    private static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "Firn.Cli.dll");

    /// <summary>What to give <see cref="Host"/> so that the tool runs with these arguments.</summary>
    /// <exception cref="FileNotFoundException">The tool is not there.</exception>
    public static IEnumerable<string> Command(IEnumerable<string> arguments) => File.Exists(Assembly)
        ? [Assembly, .. arguments]
        : throw new FileNotFoundException($"The firn tool is not at {Assembly}; the test project must reference src/Firn.Cli.");
}
