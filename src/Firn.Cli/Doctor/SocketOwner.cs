using System.Globalization;

namespace Firn.Cli;

/// <summary>Which program has a port, from /proc (proc(5), proc_net(5)): of this user's programs, or of all when this is root.</summary>
internal static class SocketOwner
{
    private const string Listening = "0A", Unconnected = "07";   // TCP_LISTEN, and what an open UDP socket is in

    /// <summary><c>nginx (process 812)</c>; null when it cannot be told.</summary>
    public static string? Find(string protocol, int port)
    {
        if (!OperatingSystem.IsLinux())
            return null;

        var sockets = new[] { protocol, protocol + "6" }
            .SelectMany(table => TryReadLines($"/proc/net/{table}"))
            .Select(line => InodeOf(line, port)).OfType<string>()
            .Select(inode => $"socket:[{inode}]").ToHashSet();
        return sockets.Count == 0 ? null : Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => name!.All(char.IsAsciiDigit) && Holds(name!, sockets))
            .Select(process => $"{TryReadLines($"/proc/{process}/comm").FirstOrDefault("a program")} (process {process})")
            .FirstOrDefault();
    }

    /// <summary>The inode of the socket in a line of the table, if it listens on the port.</summary>
    public static string? InodeOf(string line, int port)
    {
        string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);   // sl local_address rem_address st … inode
        return fields is [_, var local, _, Listening or Unconnected, _, _, _, _, _, var inode, ..]
            && int.TryParse(local.AsSpan(local.LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int bound)
            && bound == port
                ? inode
                : null;
    }

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;   // it has ended, or is another user's
        }
    }

    private static string[] TryReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
