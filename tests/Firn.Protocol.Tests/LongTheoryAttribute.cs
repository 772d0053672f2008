namespace Firn.Protocol.Tests;

/// <summary>Runs only with FIRN_TEST_LONG=1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongTheoryAttribute : TheoryAttribute
{
    public LongTheoryAttribute()
    {
        if (!LongRun.IsOn)
            Skip = "takes minutes; set FIRN_TEST_LONG=1";
    }
}
