using System.Security.Cryptography;

namespace Firn.Identity;

/// <summary>
/// Files and directories that belong to one user: private from their creation on, replaced whole or not at all, and synced
/// to the disk. All failures are a <see cref="FirnException"/> of <see cref="FailureReason.HomeUnusable"/>.
/// </summary>
internal static class PrivateFiles
{
    public const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const string TemporarySuffix = ".tmp";
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
    public static void Replace(string path, ReadOnlySpan<byte> content, FileCalls? calls = null)
    {
        calls ??= FileCalls.Real;
        var bytes = SecretBuffer.Pinned(content);
        Guard(path, () => Write(path, bytes, calls, temporary =>
        {
            calls.Rename(temporary, path);
            return true;
        }));
    }

    /// <summary>Creates <paramref name="path"/>; false, and untouched, when it exists. Of many who try at once one succeeds.</summary>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content, FileCalls? calls = null)
    {
        calls ??= FileCalls.Real;
        var bytes = SecretBuffer.Pinned(content);
        return Guard(path, () => Write(path, bytes, calls, temporary => calls.TryRenameToNew(temporary, path)));
    }

    /// <summary>
    /// Reads the secret in <paramref name="path"/>, pinned, for the caller to wipe; null when there is no such file. Refused when it
    /// holds more than <paramref name="limit"/> bytes, or when other users can read or write it, unless that is somebody else's care.
    /// </summary>
    public static byte[]? TryReadSecret(string path, int limit, bool othersMayRead = false) => Guard(path, () =>
    {
        using var file = TryOpen(path);
        if (file is null)
            return null;
        if (!othersMayRead && !OperatingSystem.IsWindows())
        {
            var mode = File.GetUnixFileMode(file.SafeFileHandle);
            if ((mode & (OthersRead | OthersWrite)) != 0)
                throw Unusable($"{path} can be read or written by other users (mode {Octal(mode)}): run chmod 600 on it.");
        }

        return ReadAll(file, path, limit, pinned: true);
    });

    /// <summary>Reads <paramref name="path"/>, which is no secret; null when there is no such file.</summary>
    public static byte[]? TryRead(string path, int limit) => Guard(path, () =>
    {
        using var file = TryOpen(path);
        return file is null ? null : ReadAll(file, path, limit, pinned: false);
    });

    /// <summary>Removes <paramref name="path"/>, if it is there.</summary>
    public static void Delete(string path) => Guard(path, () => File.Delete(path));

    /// <summary>As <see cref="Delete"/>, and a power cut does not bring it back.</summary>
    public static void DeleteForGood(string path, FileCalls? calls = null) => Guard(path, () =>
    {
        (calls ?? FileCalls.Real).Delete(path);
        (calls ?? FileCalls.Real).SyncDirectory(Path.GetDirectoryName(path)!);
    });

    /// <summary>
    /// Removes what processes left that died while they wrote into <paramref name="directory"/>: it may be a key. The caller sees to it that
    /// nobody writes there now.
    /// </summary>
    public static void RemoveTemporaries(string directory) => Guard(directory, () =>
    {
        foreach (var path in Directory.EnumerateFiles(directory, $"*{TemporarySuffix}"))
            File.Delete(path);
    });

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

    private static bool Write(string path, byte[] content, FileCalls calls, Func<string, bool> publish)
    {
        var temporary = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}{TemporarySuffix}";
        try
        {
            using (var file = calls.Create(temporary))
            {
                calls.Write(file, content);
                calls.Sync(file);
            }

            bool published = publish(temporary);
            calls.SyncDirectory(Path.GetDirectoryName(path)!);
            return published;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
            calls.Delete(temporary);
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
    private static byte[] ReadAll(FileStream file, string path, int limit, bool pinned)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(limit + 1, pinned);
        try
        {
            int length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > limit)
                throw Unusable($"{path} holds more than the {limit} bytes expected of it.");
            return pinned ? SecretBuffer.Pinned(buffer.AsSpan(0, length)) : buffer[..length];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
