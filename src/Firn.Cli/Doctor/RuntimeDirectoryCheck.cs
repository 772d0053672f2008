using Firn.Identity;

namespace Firn.Cli;

/// <summary>What is to be known of the directory of control sockets.</summary>
/// <param name="Path">Where they lie, or would.</param>
/// <param name="IsDirectory">Null when nothing is there.</param>
/// <param name="IsMine">Null where nobody can tell.</param>
/// <param name="MissingRuntime">What <c>XDG_RUNTIME_DIR</c> names, if that is not there.</param>
internal sealed record RuntimeDirectoryFacts(string Path, bool? IsDirectory, bool? IsMine, string? MissingRuntime = null);

/// <summary>Where the commands find their node.</summary>
internal sealed class RuntimeDirectoryCheck(Surroundings around) : ICheck
{
    private const string Name = "control";

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<Finding>>(OperatingSystem.IsWindows() || around.TryOpenHome() is not { } home ? [] : [Judge(Gather(home))]);

    public static Finding Judge(RuntimeDirectoryFacts facts) => facts switch
    {
        { IsDirectory: false } => Finding.Problem(Name, $"{facts.Path} is no directory", "remove it: control sockets lie in there"),
        { IsMine: false } => Finding.Problem(Name, $"{facts.Path} belongs to another user", "remove it: control sockets lie in there"),
        { MissingRuntime: { } missing } => Finding.Warning(
            Name, $"XDG_RUNTIME_DIR names {missing}, which is not there: control sockets lie in {facts.Path}",
            "log in properly, or unset it: commands find a node only if they see the same value"),
        _ => Finding.Ok(Name, $"control sockets lie in {facts.Path}"),
    };

    private RuntimeDirectoryFacts Gather(FirnHome home)
    {
        string path = Path.GetDirectoryName(ControlSocketPath.Locate(home, NodeName.Parse("a@a"), around.Variable))!;
        bool? isDirectory = Directory.Exists(path) ? true : File.Exists(path) ? false : null;
        string? runtime = around.Variable("XDG_RUNTIME_DIR");
        return new RuntimeDirectoryFacts(
            path, isDirectory, isDirectory is null ? null : UnixOwner.IsMine(path), string.IsNullOrEmpty(runtime) || Directory.Exists(runtime) ? null : runtime);
    }
}
