using System.Net;
using Firn.Protocol.Tests.Handshake;

namespace Firn.Protocol.Tests.Invites;

/// <summary>Whose an invite is, until when, and how often it can be guessed at.</summary>
public sealed class InviteBookTests : IDisposable
{
    private static readonly DateTimeOffset Start = TestNode.Now;
    private static readonly Source Here = Source.Of(IPAddress.Parse("192.0.2.1"));
    private static readonly Did[] Nodes = [.. Enumerable.Range(0, 3).Select(_ => NewDid())];

    private readonly InviteBook _book = new(new InviteCode(new byte[InviteCode.Length]));

    public void Dispose() => _book.Dispose();

    [Fact]
    public void It_belongs_to_the_first_node_that_proves_it_which_may_come_again()
    {
        Add(1);
        Prove(1, Nodes[0]).ShouldBe(JoinDecision.Welcome);
        Prove(1, Nodes[1]).ShouldBe(JoinDecision.Used);
        Prove(1, Nodes[0], now: 1).ShouldBe(JoinDecision.Welcome);
        Prove(1, Nodes[0], now: InviteBook.ReturnMilliseconds - 1).ShouldBe(JoinDecision.Welcome);
        Prove(1, Nodes[0], now: InviteBook.ReturnMilliseconds).ShouldBe(JoinDecision.Used, "it would be handed cookies for ever");
        _book.List(Start, 0).Single().UsedBy.ShouldBe([Nodes[0]]);
    }

    [Fact]
    public void One_for_several_is_for_as_many_nodes_and_none_counts_twice()
    {
        Add(1, uses: 2);
        Prove(1, Nodes[0]).ShouldBe(JoinDecision.Welcome);
        Prove(1, Nodes[0]).ShouldBe(JoinDecision.Welcome);
        Prove(1, Nodes[1]).ShouldBe(JoinDecision.Welcome);
        Prove(1, Nodes[2]).ShouldBe(JoinDecision.Used);
        _book.List(Start, 0).Single().Over.ShouldBe(JoinDecision.Used);
    }

    [Fact]
    public void It_expires_by_whichever_clock_says_so_first_and_stays_so()
    {
        Add(1, uses: 3);
        Prove(1, Nodes[0], wall: Start.AddHours(1).AddTicks(-1)).ShouldBe(JoinDecision.Welcome);
        Prove(1, Nodes[1], wall: Start.AddHours(1)).ShouldBe(JoinDecision.Expired, "the wall clock, with no time gone by");
        Prove(1, Nodes[1], wall: Start).ShouldBe(JoinDecision.Expired, "it was set back after it was seen to expire");
        Prove(1, Nodes[0]).ShouldBe(JoinDecision.Expired, "who used it is no better");

        Add(2);
        Prove(2, Nodes[0], wall: Start.AddYears(-1), now: 3_600_000).ShouldBe(JoinDecision.Expired, "a clock that is set back prolongs nothing");
    }

    [Fact]
    public void A_cancelled_one_takes_nobody_and_one_that_is_not_here_is_the_same()
    {
        Add(1);
        Prove(1, Nodes[0]).ShouldBe(JoinDecision.Welcome);
        _book.Cancel(new InviteId(1)).ShouldBeTrue();
        _book.Cancel(new InviteId(2)).ShouldBeFalse();
        Prove(1, Nodes[0]).ShouldBe(JoinDecision.Cancelled);
        Prove(2, Nodes[0]).ShouldBe(JoinDecision.Cancelled);
        _book.List(Start, 0).Single().Over.ShouldBe(JoinDecision.Cancelled);
    }

    [Fact]
    public void Wrong_proofs_end_it_and_then_its_own_code_proves_nothing()
    {
        Add(1);
        for (int i = 1; i < InviteBook.MaxWrongProofs; i++)
            _book.OnWrongProof(new InviteId(1)).ShouldBeFalse();
        HasCode(1, now: 0).ShouldBeTrue();
        _book.OnWrongProof(new InviteId(1)).ShouldBeTrue();
        _book.OnWrongProof(new InviteId(1)).ShouldBeFalse("it is said once");
        HasCode(1, now: 0).ShouldBeFalse();
        _book.List(Start, 0).Single().Over.ShouldBe(JoinDecision.Cancelled);
        _book.OnWrongProof(new InviteId(9)).ShouldBeFalse();
    }

    [Fact]
    public void One_source_may_try_16_times_at_once_and_then_once_a_second_whatever_others_do()
    {
        Add(1);
        for (int i = 0; i < 16; i++)
            HasCode(1, now: 0).ShouldBeTrue();
        HasCode(1, now: 999).ShouldBeFalse();
        HasCode(1, now: 999, Source.Of(IPAddress.Parse("192.0.2.2"))).ShouldBeTrue();
        HasCode(1, now: 1_000).ShouldBeTrue();
        HasCode(1, now: 1_000).ShouldBeFalse();
    }

    [Fact]
    public void The_table_is_bounded_and_what_is_over_makes_room()
    {
        for (ulong i = 1; i <= InviteBook.MaxOpen; i++)
            Add(i);
        Should.Throw<FirnException>(() => Add(1000)).Reason.ShouldBe(FailureReason.Busy);
        ulong next = InviteBook.MaxOpen;
        for (int i = 0; i < 3 * InviteBook.MaxKept; i++)
        {
            _book.Cancel(new InviteId(next)).ShouldBeTrue();
            Add(++next);
        }

        _book.List(Start, 0).Count.ShouldBe(InviteBook.MaxKept);
        Prove(1, Nodes[0]).ShouldBe(JoinDecision.Welcome, "it is open all the time");
    }

    [Fact]
    public void Uses_and_lifetime_have_limits()
    {
        foreach (var (uses, lifetime) in new[]
        {
            (0, TimeSpan.FromHours(1)), (InviteBook.MaxUses + 1, TimeSpan.FromHours(1)), (1, TimeSpan.Zero), (1, TimeSpan.FromHours(25)), (1, TimeSpan.FromHours(-1)),
        })
        {
            Should.Throw<FirnException>(() => _book.Add(new InviteId(1), NewCode(1), InviteGifts.Cookie, uses, lifetime, Start, 0))
                .Reason.ShouldBe(FailureReason.InvalidInput);
        }
    }

    [Fact]
    public void A_code_that_was_wiped_stands_for_nothing()
    {
        var code = NewCode(1);
        code.Dispose();
        Should.Throw<ObjectDisposedException>(() => new HandshakeKeys(code, 1));
    }

    internal static InviteCode NewCode(byte fill) => new([.. Enumerable.Repeat(fill, InviteCode.Length)]);

    private static Did NewDid()
    {
        using var node = new TestNode("n@n");
        return node.Did;
    }

    private void Add(ulong id, int uses = 1) =>
        _book.Add(new InviteId(id), NewCode((byte)(id % 250 + 1)), InviteGifts.Cookie, uses, TimeSpan.FromHours(1), Start, 0);

    private JoinDecision Prove(ulong id, Did did, DateTimeOffset? wall = null, long now = 0) =>
        _book.OnProved(new InviteId(id), did, wall ?? Start, now).Decision;

    /// <summary>Whether a Join is verified with this invite's code.</summary>
    private bool HasCode(ulong id, long now, Source? source = null)
    {
        using var code = NewCode((byte)(id % 250 + 1));
        using var keys = new HandshakeKeys(code, 1);
        using var got = _book.KeysOf(new InviteId(id), 1, source ?? Here, now);
        return got[HandshakeRole.Initiator].SequenceEqual(keys[HandshakeRole.Initiator]);
    }
}
