using System.Globalization;

namespace Firn.Protocol.Tests;

/// <summary>
/// Runs a case many times, each with its own seed, and sees to it that none takes much memory. A failure prints the seed of its case;
/// <c>FIRN_TEST_SEED</c> set to it makes that case the first one.
/// </summary>
internal static class Fuzz
{
    // Far more than any parser needs of an input that is read, and far less than a length that is believed can ask for.
    private const long MaxAllocated = 4 << 20;

    /// <summary>20,000 by default, 10^6 in the long suite.</summary>
    public static int Cases => LongRun.IsOn ? 1_000_000 : 20_000;

    /// <summary>For whole handshakes and the like: a quarter by default, all of 10^6 in the long suite.</summary>
    public static int CostlyCases => LongRun.IsOn ? Cases : Cases / 4;

    /// <summary>For what ends in a signature each time, with the parser before it run <see cref="Cases"/> times by another test.</summary>
    public static int SignedCases => Cases / 10;

    public static void Run(Action<Mutator> oneCase) => Run(Cases, oneCase);

    public static void Run(int cases, Action<Mutator> oneCase)
    {
        string? given = Environment.GetEnvironmentVariable("FIRN_TEST_SEED");
        int first = given is null ? Random.Shared.Next() : int.Parse(given, CultureInfo.InvariantCulture);
        for (int i = 0; i < cases; i++)
        {
            int seed = unchecked(first + i);
            try
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                oneCase(new Mutator(seed));
                (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(MaxAllocated, "bytes of memory");
            }
            catch (Exception failure)
            {
                throw new FuzzException($"FIRN_TEST_SEED={seed} (case {i + 1} of {cases}): {failure.Message}", failure);
            }
        }
    }
}

/// <summary>A failed case, with the seed that replays it.</summary>
internal sealed class FuzzException(string message, Exception cause) : Exception(message, cause);
