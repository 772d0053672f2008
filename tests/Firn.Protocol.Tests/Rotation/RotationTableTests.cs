using static Firn.Protocol.Tests.Keys;

namespace Firn.Protocol.Tests;

/// <summary>Who has whose place, and what becomes of keys that contradict themselves.</summary>
public sealed class RotationTableTests
{
    [Fact]
    public void A_rotated_key_is_retired_and_leads_to_the_last_of_its_line()
    {
        var table = Table([0, 1, 2]);

        Standings(table, 0, 1, 2, 3).ShouldBe("Retired Retired Good Good");
        table.Resolve(Did(0)).ShouldBe(Did(2));
        table.Resolve(Did(3)).ShouldBe(Did(3));
        table.Holds(Chain(0, 1, 2)).ShouldBeTrue();
        table.With(Chain(0, 1, 2)).ShouldBeSameAs(table);
        table.With(Chain(2, 3)).ShouldNotBeNull().Resolve(Did(0)).ShouldBe(Did(3));
    }

    /// <summary>In either order, and with what comes after on either side.</summary>
    [Theory]
    [InlineData("01", "02")]
    [InlineData("02", "01")]
    [InlineData("013", "02")]
    [InlineData("02", "013")]
    [InlineData("01", "024")]
    public void Two_statements_of_one_key_freeze_it_and_all_that_follow_it(string first, string second)
    {
        var table = Table(Numbers(first), Numbers(second));

        foreach (int key in Numbers(first).Concat(Numbers(second)))
        {
            table.StandingOf(Did(key)).ShouldBe(RotationStanding.Frozen, $"{key}");
            table.FrozenBy(Did(key)).ShouldNotBeNull().Old.ShouldBe(Did(0));
        }

        table.Resolve(Did(0)).ShouldBeNull();
        table.StandingOf(Did(9)).ShouldBe(RotationStanding.Good);
    }

    [Fact]
    public void The_operator_decides_for_one_and_it_stays_so()
    {
        var table = Table([0, 1], [0, 2, 3]).Settle(Did(1));

        Standings(table, 0, 1, 2, 3).ShouldBe("Retired Good Retired Rejected");
        table.Resolve(Did(0)).ShouldBe(Did(1));
        var another = table.With(Chain(0, 4)).ShouldNotBeNull();
        Standings(another, 0, 1, 4).ShouldBe("Retired Good Rejected");
        table.Settle(Did(9)).ShouldBeSameAs(table);
        Table([0, 1]).Settle(Did(1)).Resolve(Did(0)).ShouldBe(Did(1));
    }

    /// <summary>A peer that had followed the thief goes over to the owner, who may have rotated once more; and back, should the operator have erred.</summary>
    [Fact]
    public void What_went_to_one_successor_goes_to_the_other_when_the_operator_decides_so()
    {
        var alice = new TrustEntry(Did(1), "alice", null, DateTimeOffset.UnixEpoch);
        var followed = new TrustList(alice);
        var table = Table([0, 1], [0, 2, 3]);
        followed.Follow(table).ShouldBeSameAs(followed, "nobody inherits from a frozen key");
        table.Frozen.ShouldHaveSingleItem().Old.ShouldBe(Did(0));

        table = table.Settle(Did(3));

        Standings(table, 0, 1, 2, 3).ShouldBe("Retired Rejected Retired Good");
        table.Frozen.ShouldBeEmpty();
        (table.Resolve(Did(0)), table.Resolve(Did(1)), table.Resolve(Did(3))).ShouldBe((Did(3), Did(3), Did(3)));
        var moved = followed.Follow(table);
        moved.Entries.ShouldBe([alice with { Did = Did(3) }]);
        var pins = new PinBook();
        pins.Keep(new PeerKey(Did(1), NodeName.Parse("alice@a")));
        (pins.Follow(table), pins.HolderOf(NodeName.Parse("alice@a"))).ShouldBe((true, Did(3)));

        table = table.Settle(Did(1));
        Standings(table, 0, 1, 2, 3).ShouldBe("Retired Good Retired Rejected");
        moved.Follow(table).Entries.ShouldBe([alice]);
        table.Settle(Did(1)).ShouldBeSameAs(table);
    }

    [Fact]
    public void No_loop_and_no_key_that_follows_two()
    {
        Table([0, 1]).With(Chain(1, 0)).ShouldBeNull();
        Table([0, 1, 2]).With(Chain(2, 0)).ShouldBeNull();
        Table([0, 2]).With(Chain(1, 2)).ShouldBeNull();
        Table([1, 2]).With(Chain(0, 1)).ShouldNotBeNull().Resolve(Did(0)).ShouldBe(Did(2));
        Table([0, 1], [0, 2], [0, 3], [0, 4]).With(Chain(0, 5)).ShouldBeNull();
    }

    [Fact]
    public void What_was_kept_is_the_same_and_what_no_table_says_is_refused()
    {
        var table = Table([0, 1], [0, 2, 3], [4, 5]).Settle(Did(2));
        RotationTable.Of(table.Entries).Entries.ShouldBe(table.Entries);

        Refused(new RetiredKey(Did(0), [], null));
        Refused(new RetiredKey(Did(0), [Statement(1, 2)], null));
        Refused(new RetiredKey(Did(0), [Statement(0, 1)], Did(2)));
        Refused(new RetiredKey(Did(0), [Statement(0, 1)], null), new RetiredKey(Did(2), [Statement(2, 1)], null));
        Refused(new RetiredKey(Did(0), [Statement(0, 1)], null), new RetiredKey(Did(0), [Statement(0, 2)], null));
        Refused(new RetiredKey(Did(0), [Statement(0, 1)], null), new RetiredKey(Did(1), [Statement(1, 0)], null));
    }

    /// <summary>Whatever is told in whatever order: it ends, retired and frozen keys lead where they should, and nothing is forgotten.</summary>
    [Fact]
    public void Random_stories_keep_what_holds()
    {
        var random = new Random(4711);
        for (int story = 0; story < 200; story++)
        {
            var (table, contradicted) = (RotationTable.Empty, new HashSet<Did>());
            for (int step = 0; step < 12; step++)
            {
                var statement = Cached(random.Next(8), random.Next(8));
                if (statement is null || table.With(RotationChain.Empty.Append(statement)) is not { } next)
                    continue;
                if (table.Find(statement.Old) is { } known && known.Statements.All(s => s.New != statement.New))
                    contradicted.Add(statement.Old);
                table = next;
            }

            RotationTable.Of(table.Entries).Entries.ShouldBe(table.Entries);
            foreach (var entry in table.Entries)
            {
                entry.IsFrozen.ShouldBe(contradicted.Contains(entry.Old));
                table.StandingOf(entry.Old).ShouldNotBe(RotationStanding.Good);
                if (table.Resolve(entry.Old) is { } last)
                    table.Find(last).ShouldBeNull();
                if (entry.IsFrozen)
                    entry.Statements.ShouldAllBe(s => table.StandingOf(s.New) == RotationStanding.Frozen);
            }
        }
    }

    [Fact]
    public void Trust_and_pins_move_once_with_name_and_label_and_stay_with_a_frozen_key()
    {
        var list = new TrustList(
            new TrustEntry(Did(0), "alice", "in the cellar", DateTimeOffset.UnixEpoch), Policies.Entry(Did(5)), Policies.Entry(Did(7)), Policies.Entry(Did(8)));
        var table = Table([0, 1, 2], [5, 6], [5, 9], [7, 8]);

        var moved = list.Follow(table);

        moved.Find(Did(0)).ShouldBeNull();
        moved.Find(Did(2)).ShouldBe(new TrustEntry(Did(2), "alice", "in the cellar", DateTimeOffset.UnixEpoch));
        moved.Find(Did(5)).ShouldNotBeNull();
        moved.Entries.Count.ShouldBe(3);
        moved.Follow(table).Entries.ShouldBe(moved.Entries);
        list.Follow(RotationTable.Empty).ShouldBeSameAs(list);

        var pins = new PinBook();
        pins.Keep(new PeerKey(Did(0), NodeName.Parse("alice@a")));
        pins.Keep(new PeerKey(Did(5), NodeName.Parse("bob@b")));
        pins.Follow(table).ShouldBeTrue();
        pins.Follow(table).ShouldBeFalse();
        (pins.HolderOf(NodeName.Parse("alice@a")), pins.HolderOf(NodeName.Parse("bob@b"))).ShouldBe((Did(2), Did(5)));
    }

    private static readonly Dictionary<(int, int), RotationStatement?> Statements = [];

    private static RotationStatement? Cached(int old, int successor) => Statements.TryGetValue((old, successor), out var known)
        ? known
        : Statements[(old, successor)] = old == successor ? null : Statement(old, successor);

    private static void Refused(params RetiredKey[] entries) => Should.Throw<FirnException>(() => RotationTable.Of(entries));

    private static string Standings(RotationTable table, params int[] keys) => string.Join(' ', keys.Select(key => table.StandingOf(Did(key))));

    private static int[] Numbers(string text) => [.. text.Select(c => c - '0')];
}
