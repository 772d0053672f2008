using System.Globalization;

namespace Firn.Protocol.Tests;

/// <summary>
/// Runs a case many times, each with its own seed. A failure prints the seed of its case; <c>FIRN_TEST_SEED</c> set to it makes that
/// case the first one.
/// </summary>
internal static class Fuzz
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1";

    /// <summary>20,000 by default, 10^6 in the long suite.</summary>
    public static int Cases => Long ? 1_000_000 : 20_000;

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
                oneCase(new Mutator(seed));
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
