namespace Firn.Protocol.Tests;

/// <summary>Whether the tests that come in two sizes run in the larger one, which takes minutes: FIRN_TEST_LONG=1.</summary>
internal static class LongRun
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1";
}
