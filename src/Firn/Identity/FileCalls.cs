namespace Firn.Identity;

/// <summary>
/// The system calls by which <see cref="PrivateFiles"/> changes a directory, one each, so that a test can end the process between any
/// two of them.
/// </summary>
internal class FileCalls
{
    public static FileCalls Real { get; } = new();

    /// <summary>A new file for this user only.</summary>
    public virtual FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = PrivateFiles.OwnerOnlyFile;
        return new FileStream(path, options);
    }

    public virtual void Write(FileStream file, ReadOnlySpan<byte> content) => file.Write(content);

    public virtual void Sync(FileStream file) => file.Flush(flushToDisk: true);

    /// <summary>Gives a file the name of another one, which is gone at that moment.</summary>
    public virtual void Rename(string path, string over) => File.Move(path, over, overwrite: true);

    /// <summary>
    /// Gives a file a name that must be new; false when it is taken. File.Move looks first and renames then, so that two who look at once
    /// overwrite each other: it links instead where it can.
    /// </summary>
    public virtual bool TryRenameToNew(string path, string name)
    {
        if (!OperatingSystem.IsWindows() && Posix.TryLink(path, name) is { } linked)
            return linked;

        try
        {
            File.Move(path, name, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(name))
        {
            return false;
        }
    }

    /// <summary>Makes the names in a directory survive a power cut.</summary>
    public virtual void SyncDirectory(string path)
    {
        if (!OperatingSystem.IsWindows())
            Posix.SyncDirectory(path);
    }

    /// <summary>Removes a file, if it is there.</summary>
    public virtual void Delete(string path) => File.Delete(path);
}
