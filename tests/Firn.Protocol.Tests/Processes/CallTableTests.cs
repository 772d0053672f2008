using FsCheck;
using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

/// <summary>The table of calls against a model, and at its edges.</summary>
public class CallTableTests
{
    private const long Never = long.MaxValue;

    /// <summary>What is done in a step, with a number that says to which call or until when.</summary>
    private static readonly Gen<(int Deed, int Number)> Step =
        from deed in Gen.Frequency((8, Gen.Constant(0)), (6, Gen.Constant(1)), (2, Gen.Constant(2)), (2, Gen.Constant(3)), (1, Gen.Constant(4)))
        from number in Gen.Choose(0, 1_000)
        select (deed, number);

    [Fact]
    public void Every_call_ends_once_by_its_reply_its_deadline_or_the_end_of_all() =>
        Prop.ForAll(Gen.ListOf(Step, 600).ToArbitrary(), steps =>
        {
            var run = new CallRun();
            foreach (var (deed, number) in steps)
                run.Do(deed, number);
            run.End();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_late_reply_to_a_call_is_not_taken_for_the_next_ones()
    {
        var table = new CallTable<string>();
        table.TryAdd("first", Never, out ulong first).ShouldBeTrue();
        table.TryTake(first, out _).ShouldBeTrue();
        table.TryAdd("second", Never, out ulong second).ShouldBeTrue();
        table.TryTake(first, out _).ShouldBeFalse();
        table.TryTake(second, out string? waiter).ShouldBeTrue();
        waiter.ShouldBe("second");
        table.TryTake(second, out _).ShouldBeFalse("a call ends once");
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(65_535ul)]
    [InlineData(65_536ul)]
    [InlineData(ulong.MaxValue)]
    public void A_reply_to_no_call_is_nobodys(ulong id)
    {
        var table = new CallTable<string>();
        table.TryTake(id, out _).ShouldBeFalse();
        for (int i = 0; i < 20; i++)
            table.TryAdd("waiter", Never, out _);
        table.TryTake(id + (id == 65_536 ? 20ul : 0), out _).ShouldBeFalse();
        table.Count.ShouldBe(20);
    }

    [Fact]
    public void As_many_wait_as_the_limit_says_and_no_more()
    {
        var table = new CallTable<int>();
        var ids = new HashSet<ulong>();
        for (int i = 0; i < CallTable<int>.MaxOutstanding; i++)
        {
            table.TryAdd(i, i, out ulong id).ShouldBeTrue();
            ids.Add(id).ShouldBeTrue();
        }

        ids.ShouldNotContain(0ul);
        table.TryAdd(-1, 5, out ulong none).ShouldBeFalse();
        none.ShouldBe(0ul);
        table.TryTake(ids.First(), out _).ShouldBeTrue();
        table.TryAdd(-1, Never, out _).ShouldBeTrue();

        int expired = 0;
        while (table.TryTakeExpired(Never, out int waiter))
            expired += waiter >= 0 ? 1 : throw new InvalidOperationException("who waits for ever has no deadline");
        expired.ShouldBe(CallTable<int>.MaxOutstanding - 1);
        table.NextDeadline.ShouldBe(Never);
        table.TakeAll().ShouldBe([-1]);
        table.Count.ShouldBe(0);
    }

    [Fact]
    public void Adding_and_taking_allocate_nothing()
    {
        var table = new CallTable<object>();
        object waiter = new();
        Churn(1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Churn(100_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Churn(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                table.TryAdd(waiter, i, out ulong first);
                table.TryAdd(waiter, i + 5, out _);
                table.TryTake(first, out _);
                while (table.TryTakeExpired(i, out _))
                {
                }
            }
        }
    }
}
