using System.Security.Cryptography;

namespace Firn.Identity;

/// <summary>
/// Files and directories that belong to one user: private from their creation on, replaced whole or not at all, and synced
/// to the disk. All failures are a <see cref="FirnException"/> of <see cref="FailureReason.HomeUnusable"/>.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnlyFile | UnixFileMode.UserExecute;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Creates <paramref name="path"/> for this user only; refuses one that exists and that others can write.</summary>
    public static void EnsureDirectory(string path) => Guard(path, () =>
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);   // inherits the access list of the user's profile
            return;
        }

        if (!Directory.Exists(path))
            Directory.CreateDirectory(path, OwnerOnlyDirectory);
        var mode = File.GetUnixFileMode(path);
        if ((mode & OthersWrite) != 0)
            throw Unusable($"{path} can be written by other users (mode {Octal(mode)}): run chmod go-w on it.");
    });

    /// <summary>Takes the directory <paramref name="path"/> from all other users; refused when it is not this user's.</summary>
    public static void CloseToOthers(string path) => Guard(path, () =>
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, OwnerOnlyDirectory);
    });

    /// <summary>Writes <paramref name="content"/> as the whole of <paramref name="path"/>, at once or not at all.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var bytes = content.ToArray();
        Guard(path, () => Write(path, bytes, temporary =>
        {
            File.Move(temporary, path, overwrite: true);
            return true;
        }));
    }

    /// <summary>Creates <paramref name="path"/>; false, and untouched, when it exists. Of many who try at once one succeeds.</summary>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content)
    {
        var bytes = content.ToArray();
        return Guard(path, () => Write(path, bytes, temporary => TryMoveToNewName(temporary, path)));
    }

    /// <summary>
    /// Reads the secret in <paramref name="path"/>, for the caller to wipe; null when there is no such file. Refused when other
    /// users can read or write it, or when it holds more than <paramref name="limit"/> bytes.
    /// </summary>
    public static byte[]? TryReadSecret(string path, int limit) => Guard(path, () =>
    {
        using var file = TryOpen(path);
        if (file is null)
            return null;
        if (!OperatingSystem.IsWindows())
        {
            var mode = File.GetUnixFileMode(file.SafeFileHandle);
            if ((mode & (OthersRead | OthersWrite)) != 0)
                throw Unusable($"{path} can be read or written by other users (mode {Octal(mode)}): run chmod 600 on it.");
        }

        return ReadAll(file, path, limit);
    });

    /// <summary>Reads <paramref name="path"/>, which is no secret; null when there is no such file.</summary>
    public static byte[]? TryRead(string path, int limit) => Guard(path, () =>
    {
        using var file = TryOpen(path);
        return file is null ? null : ReadAll(file, path, limit);
    });

    /// <summary>Removes <paramref name="path"/>, if it is there.</summary>
    public static void Delete(string path) => Guard(path, () => File.Delete(path));

    /// <summary>Runs <paramref name="action"/> on <paramref name="path"/> and says in one way why it failed.</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new FirnException(FailureReason.HomeUnusable, $"{path} cannot be used: {e.Message.TrimEnd('.')}.", e);
        }
    }

    public static FirnException Unusable(string message) => new(FailureReason.HomeUnusable, message);

    private static void Guard(string path, Action action) => Guard(path, () =>
    {
        action();
        return true;
    });

    private static bool Write(string path, byte[] content, Func<string, bool> publish)
    {
        var directory = Path.GetDirectoryName(path)!;
        var temporary = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.tmp";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnlyFile;

        try
        {
            using (var file = new FileStream(temporary, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            bool published = publish(temporary);
            if (!OperatingSystem.IsWindows())
                Posix.SyncDirectory(directory);
            return published;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
            File.Delete(temporary);
        }
    }

    /// <summary>File.Move looks first and renames then, so that two who look at once overwrite each other: link instead.</summary>
    private static bool TryMoveToNewName(string temporary, string path)
    {
        if (!OperatingSystem.IsWindows() && Posix.TryLink(temporary, path) is { } linked)
            return linked;

        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>By reading, not by the length: a pipe has none.</summary>
    private static byte[] ReadAll(FileStream file, string path, int limit)
    {
        var buffer = new byte[limit + 1];
        try
        {
            int length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= limit ? buffer[..length] : throw Unusable($"{path} holds more than the {limit} bytes expected of it.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
