using System.Globalization;
using System.Runtime.InteropServices;

namespace Firn.Cli;

/// <summary>What is to be known of the clock.</summary>
/// <param name="Now">What it says.</param>
/// <param name="IsSynchronised">Whether something keeps it right; null where nobody can tell.</param>
internal sealed record ClockFacts(DateTimeOffset Now, bool? IsSynchronised);

/// <summary>The clock: leaves are valid for days, with an hour to spare for clocks that differ.</summary>
internal sealed class ClockCheck : ICheck
{
    private const string Name = "clock";

    private static readonly DateTimeOffset BeforeFirn = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<Finding>>([Judge(new ClockFacts(DateTimeOffset.UtcNow, KernelClock.IsSynchronised()))]);

    public static Finding Judge(ClockFacts clock)
    {
        string now = clock.Now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return clock switch
        {
            { Now: var at } when at < BeforeFirn => Finding.Problem(Name, $"{now} cannot be true: peers refuse this machine's certificates", "set it: timedatectl set-ntp true"),
            { IsSynchronised: false } => Finding.Warning(
                Name, $"{now}, and nothing keeps it right: peers refuse a certificate once it is an hour off", "timedatectl set-ntp true, or run chrony or ntpd"),
            { IsSynchronised: null } => Finding.Ok(Name, $"{now}; whether something keeps it right is not known here"),
            _ => Finding.Ok(Name, $"{now}, kept right over the network"),
        };
    }
}

/// <summary>Whether the kernel of Linux counts its clock as synchronised: adjtimex(2), read only.</summary>
internal static class KernelClock
{
    private const int RoomForTimex = 512;   // of which struct timex takes 208 bytes
    private const int Error = 5;   // TIME_ERROR: the clock is not synchronised

    public static bool? IsSynchronised()
    {
        if (!OperatingSystem.IsLinux())
            return null;

        int state = AdjustTime(new byte[RoomForTimex]);   // with no mode set, nothing is
        return state < 0 ? null : state != Error;
    }

    [DllImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    private static extern int AdjustTime(byte[] timex);
}
