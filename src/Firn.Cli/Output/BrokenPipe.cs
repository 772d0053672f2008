using Microsoft.Win32.SafeHandles;

namespace Firn.Cli;

/// <summary>
/// A reader that leaves (<c>firn events | head -1</c>) ends the command. The console's own stream would go on in silence,
/// and the command with it.
/// </summary>
internal static class BrokenPipe
{
    /// <summary>The exit code of a program that SIGPIPE ended.</summary>
    public const int ExitCode = 141;

    private const int EPipe = 32;

    /// <summary>
    /// Makes a write to a pipe that nobody reads fail. Files keep the console's stream, which shares its position with others.
    /// </summary>
    public static void Notice()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return;

        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!pipe.CanSeek)
            Console.SetOut(new StreamWriter(pipe) { AutoFlush = true });
    }

    public static bool Is(IOException e) => e.HResult == EPipe;
}
