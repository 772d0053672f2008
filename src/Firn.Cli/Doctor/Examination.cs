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
        var running = checks.Select(check => Task.Run(() => LookAsync(check, stop), stop)).ToArray();
        foreach (var check in running)
        {
            foreach (var finding in await check.ConfigureAwait(false))
                yield return finding;
        }
    }

    /// <summary>A machine that is ill enough for a check to trip over it is the one to be told about.</summary>
    private static async Task<IReadOnlyList<Finding>> LookAsync(ICheck check, CancellationToken stop)
    {
        try
        {
            return await check.LookAsync(stop).ConfigureAwait(false);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            return
            [
                Finding.Problem(
                    "doctor", $"{check.GetType().Name} could not look: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}",
                    "see to what it says; if that is no fault of this machine, report it"),
            ];
        }
    }
}
