namespace Firn.AspNetCore;

/// <summary>The file of a control socket, and the directory around it. A pipe of Windows needs neither.</summary>
internal static class ControlSocket
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the directory 0700 and removes what a dead process left at <paramref name="path"/>.</summary>
    public static void Prepare(string path)
    {
        if (OperatingSystem.IsWindows())
            return;

        string directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        File.SetUnixFileMode(directory, OwnerOnly | UnixFileMode.UserExecute);
        File.Delete(path);
    }

    /// <summary>Makes the socket 0600. Until then the directory's mode protects it.</summary>
    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, OwnerOnly);
    }

    /// <summary>Removes the socket, if it is still there.</summary>
    public static void Remove(string path)
    {
        if (!OperatingSystem.IsWindows() && Directory.Exists(Path.GetDirectoryName(path)))
            File.Delete(path);
    }
}
