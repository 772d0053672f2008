namespace Firn.Cli;

/// <summary>All checks, in the order in which they are told.</summary>
internal static class Examination
{
    public static IReadOnlyList<ICheck> Of(Surroundings around) =>
    [
        new HomeCheck(around),
        new CookieCheck(around),
        new IdentityCheck(around),
        new RuntimeDirectoryCheck(around),
        new NodesCheck(around),
        new PortCheck(around),
        new InterfaceCheck(),
        new HostNameCheck(),
        new MulticastCheck(),
        new QuicCheck(),
        new ProxyCheck(around),
        new ClockCheck(),
        new FileLimitCheck(),
    ];

    /// <summary>Runs all at once; each comes out when it and those before it are done.</summary>
    public static async IAsyncEnumerable<Finding> RunAsync(
        IReadOnlyList<ICheck> checks, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var running = checks.Select(check => Task.Run(() => check.LookAsync(stop), stop)).ToArray();
        foreach (var check in running)
        {
            foreach (var finding in await check.ConfigureAwait(false))
                yield return finding;
        }
    }
}
