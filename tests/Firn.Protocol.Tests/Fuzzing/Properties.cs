using FsCheck;

namespace Firn.Protocol.Tests;

internal static class Properties
{
    /// <summary>Checks 100 cases by default, 10^5 in the long suite; a failure names the case, and the seed that replays it.</summary>
    public static void Check(this Property property) =>
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(LongRun.IsOn ? 100_000 : 100));
}
