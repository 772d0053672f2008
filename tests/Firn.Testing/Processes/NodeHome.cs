using System.Collections;

namespace Firn.Testing;

/// <summary>
/// A machine's user, as the <c>firn</c> tool sees one: a fresh state directory, and optionally a network namespace to run in. All that
/// is started here shares them. Disposing it kills the processes that still run, sees that none is left, and removes the directory.
/// </summary>
internal sealed class NodeHome : IAsyncDisposable
{
    private readonly List<ChildProcess> _started = [];

    public NodeHome() => Environment["FIRN_HOME"] = Directory;

    /// <summary>Where $FIRN_HOME points. The path is short enough for a Unix socket below it.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("firn-").FullName;

    /// <summary>The network namespace that processes run in; null for the test's own.</summary>
    public string? Network { get; init; }

    /// <summary>Laid over the environment of what is started from now on; null removes a variable.</summary>
    public Dictionary<string, string?> Environment { get; } = CleanEnvironment();

    /// <summary>Starts <c>firn</c> with these arguments and leaves it running.</summary>
    public ChildProcess Start(params IEnumerable<string> arguments) => StartCommand(FirnTool.Command(arguments));

    /// <summary>As <see cref="Start"/>, at a terminal.</summary>
    public ChildProcess StartAt(Pty terminal, params IEnumerable<string> arguments) =>
        Keep(terminal.Start(FirnTool.Host, FirnTool.Command(arguments), Environment));

    /// <summary>Starts another program that was built with the test project, such as a sample, and leaves it running.</summary>
    public ChildProcess StartProgram(string name, params IEnumerable<string> arguments) =>
        StartCommand([Path.Combine(AppContext.BaseDirectory, $"{name}.dll"), .. arguments]);

    private ChildProcess StartCommand(IEnumerable<string> command) => Keep(ChildProcess.Start(FirnTool.Host, command, Environment, Network));

    private ChildProcess Keep(ChildProcess child)
    {
        lock (_started)
        {
            _started.Add(child);
        }

        return child;
    }

    /// <summary>
    /// Starts <c>firn up --json</c> and waits until it runs. Unless the options say otherwise it listens on a free port of
    /// loopback, or of all interfaces in a network of its own.
    /// </summary>
    public Task<FirnNode> UpAsync(params IEnumerable<string> options)
    {
        string[] given = [.. options];
        string[] listen = given.Contains("--listen") || Network is not null ? [] : ["--listen", "127.0.0.1:0"];
        return FirnNode.StartAsync(this, Start(["up", "--json", .. listen, .. given]));
    }

    /// <summary>Runs a short <c>firn</c> command to its end.</summary>
    public Task<CommandResult> RunAsync(params IEnumerable<string> arguments) => RunWithInputAsync("", arguments);

    /// <summary>As <see cref="RunAsync"/>, with a standard input.</summary>
    public Task<CommandResult> RunWithInputAsync(string input, params IEnumerable<string> arguments) =>
        ChildProcess.RunAsync(FirnTool.Host, FirnTool.Command(arguments), Environment, Network, input);

    public async ValueTask DisposeAsync()
    {
        foreach (ChildProcess child in _started)
        {
            await child.DisposeAsync();
        }

        await ProcessTable.WaitUntilNoneHasAsync($"FIRN_HOME={Directory}");
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static Dictionary<string, string?> CleanEnvironment()
    {
        // The runtime's diagnostics sockets would stay behind in /tmp after a SIGKILL.
        var environment = new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0", ["CREDENTIALS_DIRECTORY"] = null };
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (name.StartsWith("XDG_", StringComparison.Ordinal) || name.StartsWith("FIRN_", StringComparison.Ordinal))
            {
                environment[name] = null;
            }
        }

        return environment;
    }
}
