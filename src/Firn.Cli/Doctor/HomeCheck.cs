namespace Firn.Cli;

/// <summary>What is to be known of a home directory.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="IsDirectory">Null when nothing is there.</param>
/// <param name="IsMine">Null where nobody can tell.</param>
/// <param name="Mode">Null on Windows, and when nothing is there.</param>
/// <param name="IsWritable">Of the home, or of what is above it when there is none yet.</param>
/// <param name="FreeBytes">On its file system, for this user.</param>
internal sealed record HomeFacts(string Path, bool? IsDirectory, bool? IsMine, UnixFileMode? Mode, bool IsWritable, long FreeBytes);

/// <summary>The home: a directory of this user alone, with room.</summary>
internal sealed class HomeCheck(Surroundings around) : ICheck
{
    private const string Name = "home";
    private const long Little = 16 << 20;
    private const long Nothing = 256 << 10;

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop)
    {
        try
        {
            return Task.FromResult<IReadOnlyList<Finding>>([Judge(Gather(around.HomePath))]);
        }
        catch (Exception e) when (e is FirnException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Task.FromResult<IReadOnlyList<Finding>>([Finding.Problem(Name, e.Message.TrimEnd('.'), "set FIRN_HOME to a directory of your own")]);
        }
    }

    public static Finding Judge(HomeFacts home)
    {
        string path = home.Path;
        if (home.IsDirectory == false)
            return Finding.Problem(Name, $"{path} is no directory", "remove it, or set FIRN_HOME to another place");
        if (home is { IsDirectory: null, IsWritable: false })
            return Finding.Problem(Name, $"{path} does not exist and cannot be made", "set FIRN_HOME to a directory that this user can write");
        if (home.IsMine == false)
            return Finding.Problem(Name, $"{path} belongs to another user", $"run as that user, or set FIRN_HOME to a directory of your own");
        if ((home.Mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) is > 0)
            return Finding.Problem(Name, $"{path} can be written by other users ({Octal(home.Mode)})", $"chmod go-w {path}");
        if (!home.IsWritable)
            return Finding.Problem(Name, $"{path} cannot be written", $"chmod u+rwx {path}, or mount its file system for writing");
        if (home.FreeBytes < Nothing)
            return Finding.Problem(Name, $"the disk of {path} is full", "make room: a node writes its incarnation at each start");
        if (home.FreeBytes < Little)
            return Finding.Warning(Name, $"{path} has {home.FreeBytes >> 20} MiB of room left", "make room before the disk is full");
        if ((home.Mode & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) is > 0)
            return Finding.Warning(Name, $"{path} can be listed by other users ({Octal(home.Mode)})", $"chmod 700 {path}");
        return Finding.Ok(Name, home.IsDirectory is null ? $"{path} does not exist yet: the first 'firn up' makes it" : $"{path}, this user's alone");
    }

    private static HomeFacts Gather(string path)
    {
        bool? isDirectory = Directory.Exists(path) ? true : File.Exists(path) ? false : null;
        string nearest = path;
        while (!Directory.Exists(nearest) && Path.GetDirectoryName(nearest) is { } above)
            nearest = above;
        return new HomeFacts(
            path,
            isDirectory,
            isDirectory is null ? null : UnixOwner.IsMine(path),
            OperatingSystem.IsWindows() || isDirectory is null ? null : File.GetUnixFileMode(path),
            CanWriteInto(nearest),
            new DriveInfo(nearest).AvailableFreeSpace);
    }

    private static bool CanWriteInto(string directory)
    {
        try
        {
            // A file that has no name, or at most for a moment: nothing that runs there takes it for its own.
            using var file = new FileStream(
                Path.Combine(directory, $".firn-doctor-{Environment.ProcessId}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Octal(UnixFileMode? mode) => $"mode {Convert.ToString((int)mode!, 8)}";
}
