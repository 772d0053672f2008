using static Firn.Protocol.Tests.Keys;

namespace Firn.Protocol.Tests;

/// <summary>How a key came to take the place of others: every form that it must not have.</summary>
public sealed class RotationChainTests
{
    [Theory]
    [InlineData("None", 3, "01 12 23")]
    [InlineData("None", 0, "")]
    [InlineData("None", 4, "01 12 23 34")]
    [InlineData("TooLong", 5, "01 12 23 34 45")]
    [InlineData("OtherKey", 3, "01 12")]
    [InlineData("NotConsecutive", 3, "01 23")]
    [InlineData("NotConsecutive", 2, "12 01")]
    [InlineData("NotConsecutive", 1, "01 01")]
    [InlineData("Loop", 1, "01 12 21")]
    [InlineData("Loop", 0, "01 12 20")]
    public void It_is_consecutive_without_loops_and_leads_to_the_key_that_it_came_with(string expected, int leadsTo, string steps)
    {
        ReadOnlyMemory<byte>[] statements =
            [.. steps.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => (ReadOnlyMemory<byte>)Statement(s[0] - '0', s[1] - '0').Bytes.ToArray())];

        bool isRead = RotationChain.TryRead(statements, Did(leadsTo), out var chain, out var fault);

        (isRead, fault.ToString()).ShouldBe((expected == "None", expected));
        (chain?.IsGenuine ?? true).ShouldBeTrue();
    }

    [Fact]
    public void What_is_no_statement_is_refused_and_what_is_not_signed_is_read_and_not_genuine()
    {
        byte[] unsigned = Statement(0, 1).Bytes.ToArray();
        unsigned[^1] ^= 1;
        RotationChain.TryRead([unsigned], Did(1), out var chain, out _).ShouldBeTrue();
        chain!.IsKnownGenuine.ShouldBeFalse();
        chain.IsGenuine.ShouldBeFalse();
        chain.IsKnownGenuine.ShouldBeFalse();
        RotationChain.TryRead([new byte[202]], Did(1), out _, out var fault).ShouldBeFalse();
        fault.ShouldBe(RotationFault.Malformed);
    }

    [Fact]
    public void It_keeps_the_latest_four()
    {
        var chain = Chain(0, 1, 2, 3, 4, 5);

        chain.Statements.Select(s => s.Old).ShouldBe([Did(1), Did(2), Did(3), Did(4)]);
        Should.Throw<ArgumentException>(() => chain.Append(Statement(0, 6)));
    }
}
