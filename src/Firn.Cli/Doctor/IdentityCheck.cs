using Firn.Identity;

namespace Firn.Cli;

/// <summary>What is to be known of the identity of a node.</summary>
/// <param name="Node">Whose it is.</param>
/// <param name="Directory">Where it lies.</param>
/// <param name="HasKey">Whether its key is there.</param>
/// <param name="IsEncrypted">Whether the key is encrypted.</param>
/// <param name="IsExposed">Whether other users can read or write it, and it is not encrypted.</param>
/// <param name="Fault">Why its card cannot be read; null when it can.</param>
internal sealed record IdentityFacts(NodeName Node, string Directory, bool HasKey, bool IsEncrypted, bool IsExposed, string? Fault = null);

/// <summary>The identities of the nodes of a home: whole and private.</summary>
internal sealed class IdentityCheck(Surroundings around) : ICheck
{
    private const string Name = "identities";

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => Task.FromResult(
        around.TryOpenHome() is { } home ? Judge([.. NodeDirectory.List(home).Select(node => Gather(home, node)).OfType<IdentityFacts>()]) : []);

    /// <summary>One line for each that is not well, else one for all.</summary>
    public static IReadOnlyList<Finding> Judge(IReadOnlyList<IdentityFacts> identities)
    {
        var faults = identities.Select(Fault).OfType<Finding>().ToList();
        if (faults.Count > 0)
            return faults;

        int encrypted = identities.Count(identity => identity.IsEncrypted);
        string how = encrypted == identities.Count ? "encrypted" : encrypted == 0 ? "not encrypted ('firn id encrypt' does)" : $"{encrypted} encrypted";
        return [Finding.Ok(Name, identities.Count switch
        {
            0 => "none yet: a node makes its own when it first starts",
            1 => $"{identities[0].Node}, {how}",
            _ => $"{identities.Count}, {how}",
        })];
    }

    private static Finding? Fault(IdentityFacts identity) => identity switch
    {
        { Fault: { } fault } => Finding.Problem(Name, $"{identity.Node}: {fault}", $"restore {identity.Directory} from a copy"),
        { HasKey: false } => Finding.Problem(
            Name, $"{identity.Node} has lost its key", $"restore it from a copy, or remove {Path.Combine(identity.Directory, "did")} to start as another node"),
        { IsExposed: true } => Finding.Problem(
            Name, $"the key of {identity.Node} can be read by other users",
            $"chmod 600 {Path.Combine(identity.Directory, "identity.pem")}, and 'firn id rotate' if somebody may have"),
        _ => null,
    };

    private static IdentityFacts? Gather(FirnHome home, NodeName node)
    {
        var files = IdentityFiles.Of(home, node);
        try
        {
            if (!files.Exist)
                return null;

            IdentityCard.TryRead(files.Directory);
            bool isExposed = files is { HasKey: true, IsEncrypted: false } && !OperatingSystem.IsWindows()
                && (File.GetUnixFileMode(files.KeyPath) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)) != 0;
            return new IdentityFacts(node, files.Directory, files.HasKey, files.IsEncrypted, isExposed);
        }
        catch (Exception e) when (e is FirnException or IOException or UnauthorizedAccessException)
        {
            return new IdentityFacts(node, files.Directory, files.HasKey, files.IsEncrypted, false, e.Message.TrimEnd('.'));
        }
    }
}
