namespace Firn.Identity;

/// <summary>Keeps those who change the same file of a home from undoing each other's change: they take turns.</summary>
internal static class HomeLock
{
    private const int Attempts = 100;   // of some 40 ms each

    /// <summary>Waits for its turn, some 4 seconds at most: nobody holds it for longer than a file is read and written.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: another process holds it all the time.</exception>
    public static IDisposable Take(FirnHome home)
    {
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (NodeLock.TryTake(home.Path) is { } taken)
                return taken;
        }

        throw PrivateFiles.Unusable(
            $"{home.In("lock")} is held by another process, which changes the home and does not end: look for a firn command that hangs.");
    }
}
