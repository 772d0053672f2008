using System.Diagnostics;
using System.Globalization;

namespace Firn.Benchmarks;

/// <summary>What a process uses, garbage excluded.</summary>
/// <param name="CpuMilliseconds">User and system time since its start.</param>
/// <param name="ResidentBytes">Resident memory of its own (anonymous on Linux, else the working set).</param>
/// <param name="HeapBytes">Live objects of the GC heap.</param>
/// <param name="AllocatedBytes">All that was ever allocated on the GC heap.</param>
internal sealed record Usage(double CpuMilliseconds, long ResidentBytes, long HeapBytes, long AllocatedBytes)
{
    /// <summary>Of this process; collects first if <paramref name="collect"/>.</summary>
    public static Usage Measure(bool collect)
    {
        for (int i = 0; collect && i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        using var self = Process.GetCurrentProcess();
        return new Usage(
            self.TotalProcessorTime.TotalMilliseconds,
            Resident(self),
            GC.GetTotalMemory(forceFullCollection: false),
            GC.GetTotalAllocatedBytes());
    }

    private static long Resident(Process self)
    {
        const string Field = "RssAnon:";
        if (!OperatingSystem.IsLinux())
            return self.WorkingSet64;

        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
