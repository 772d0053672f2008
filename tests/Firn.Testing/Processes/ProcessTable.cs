using System.Text;

namespace Firn.Testing;

/// <summary>The processes of this machine, as /proc shows them (proc(5)).</summary>
internal static class ProcessTable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>The ids of the processes whose environment holds <paramref name="setting"/> ("NAME=value"); those that are dying have none.</summary>
    public static IReadOnlyList<int> With(string setting)
    {
        byte[] wanted = [.. Encoding.UTF8.GetBytes(setting), 0];
        return [.. from directory in Directory.EnumerateDirectories("/proc")
            where int.TryParse(Path.GetFileName(directory), out _) && EnvironmentOf(directory).AsSpan().IndexOf(wanted) >= 0
            select int.Parse(Path.GetFileName(directory), System.Globalization.CultureInfo.InvariantCulture)];
    }

    /// <summary>Waits for what was killed to be gone: a killed group ends at once, but not at the same instant.</summary>
    /// <exception cref="TimeoutException">A process has survived.</exception>
    public static async Task WaitUntilNoneHasAsync(string setting)
    {
        using var ceiling = new CancellationTokenSource(ChildProcess.Ceiling);
        for (IReadOnlyList<int> left = With(setting); left.Count > 0; left = With(setting))
        {
            if (ceiling.IsCancellationRequested)
            {
                throw new TimeoutException($"These processes with {setting} have survived: {string.Join(", ", left)}.");
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    private static byte[] EnvironmentOf(string directory)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(directory, "environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // ended meanwhile, or another user's
        }
    }
}
