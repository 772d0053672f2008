using static Firn.Protocol.Tests.RelationRun;

namespace Firn.Protocol.Tests;

/// <summary>The rules of links and of exits that are asked for, one by one.</summary>
public class LinkTests
{
    private static readonly ExitReason Failed = ExitReason.Error("it failed");

    private readonly RelationRun _run = new();

    private RelationBook Book => _run.Book;

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void A_local_link_breaks_from_either_end_once(ulong dies, ulong lives)
    {
        Book.Link(1, Local(2));
        Book.Link(2, Local(1));
        Book.AreLinked(1, Local(2)).ShouldBeTrue();
        Book.AreLinked(2, Local(1)).ShouldBeTrue();
        _run.Exit(dies, Failed);
        _run.Take().ShouldBe([new DeliverExit(lives, Local(dies), Failed, IsLink: true)]);
        Book.AreLinked(lives, Local(dies)).ShouldBeFalse();
    }

    [Fact]
    public void A_normal_exit_is_told_too()
    {
        Book.Link(1, Local(2));
        Book.Link(1, Remote(77));
        _run.Take();
        _run.Exit(1, ExitReason.Normal);
        _run.Take().ShouldBe([
            new DeliverExit(2, Local(1), ExitReason.Normal, IsLink: true), Exit(1, 77, ExitReason.Normal, isLink: true)]);
    }

    [Fact]
    public void Who_is_unlinked_hears_nothing()
    {
        Book.Link(1, Local(2));
        Book.Unlink(2, Local(1));
        Book.Unlink(2, Local(1));
        Book.Unlink(3, Local(1));
        _run.Exit(1, Failed);
        _run.TakeNothing();
    }

    [Fact]
    public void A_link_with_who_is_not_there_breaks_at_once()
    {
        _run.Exit(2, Failed);
        Book.OnSessionEnded(2);
        Book.Link(1, Local(2));
        Book.Link(1, Remote(77, session: 2));
        _run.Take().ShouldBe([
            new DeliverExit(1, Local(2), ExitReason.NoProcess, IsLink: true),
            new DeliverExit(1, Remote(77, session: 2), ExitReason.NoConnection, IsLink: true)]);
        Book.Link(2, Local(1));
        Book.Link(1, Local(1));
        _run.Exit(1, Failed);
        _run.TakeNothing();
    }

    [Fact]
    public void A_link_across_a_session_is_asked_for_once_and_breaks_from_either_end()
    {
        Book.Link(1, Remote(77));
        Book.Link(1, Remote(77));
        Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();
        Book.Link(2, Remote(77));
        _run.Take().ShouldBe([Link(FrameType.Link, 1, 77), Link(FrameType.Link, 2, 77)]);

        Book.OnExit(Session, ExitSignal(77, 1, Failed, isLink: true)).ShouldBeNull();
        Book.OnExit(Session, ExitSignal(77, 1, Failed, isLink: true)).ShouldBeNull();
        _run.Take().ShouldBe([new DeliverExit(1, Remote(77), Failed, IsLink: true)]);
        _run.Exit(2, Failed);
        _run.Take().ShouldBe([Exit(2, 77, Failed, isLink: true)]);
        Book.OnExit(Session, ExitSignal(77, 2, Failed, isLink: true)).ShouldBeNull();
        _run.TakeNothing();
    }

    [Fact]
    public void The_other_end_links_and_unlinks()
    {
        Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();
        Book.AreLinked(1, Remote(77)).ShouldBeTrue();
        Book.AreLinked(1, Remote(77, session: 2)).ShouldBeFalse();
        Book.OnUnlink(Session, Signal(77, 1)).ShouldBeNull();
        Book.OnUnlink(Session, Signal(77, 1)).ShouldBeNull();
        _run.Take().ShouldBe([Answer(Link(FrameType.UnlinkAck, 1, 77)), Answer(Link(FrameType.UnlinkAck, 1, 77))]);
        _run.Exit(1, Failed);
        Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();
        _run.Take().ShouldBe([Answer(Exit(1, 77, ExitReason.NoProcess, isLink: true))]);
        Book.OnUnlink(Session, Signal(77, 1)).ShouldBeNull();
        _run.Take().ShouldBe([Answer(Link(FrameType.UnlinkAck, 1, 77))]);
    }

    [Fact]
    public void What_the_other_end_says_before_it_knows_of_the_unlink_is_ignored()
    {
        Book.Link(1, Remote(77));
        Book.Unlink(1, Remote(77));
        Book.Unlink(1, Remote(77));
        _run.Take().ShouldBe([Link(FrameType.Link, 1, 77), Link(FrameType.Unlink, 1, 77)]);

        Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();
        Book.AreLinked(1, Remote(77)).ShouldBeFalse();
        Book.OnExit(Session, ExitSignal(77, 1, Failed, isLink: true)).ShouldBeNull();
        _run.TakeNothing();

        Book.OnUnlinkAck(2, Signal(77, 1)).ShouldBeNull();
        Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();
        Book.AreLinked(1, Remote(77)).ShouldBeFalse("the ack of another session's process is none");
        Book.OnUnlinkAck(Session, Signal(77, 1)).ShouldBeNull();
        Book.OnUnlinkAck(Session, Signal(77, 1)).ShouldBeNull();
        Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();
        Book.AreLinked(1, Remote(77)).ShouldBeTrue();
    }

    [Fact]
    public void Each_unlink_awaits_its_own_ack()
    {
        for (int i = 0; i < 2; i++)
        {
            Book.Link(1, Remote(77));
            Book.Unlink(1, Remote(77));
        }

        Book.OnUnlinkAck(Session, Signal(77, 1));
        Book.OnLink(Session, Signal(77, 1));
        Book.AreLinked(1, Remote(77)).ShouldBeFalse();
        Book.OnUnlinkAck(Session, Signal(77, 1));
        Book.OnLink(Session, Signal(77, 1));
        Book.AreLinked(1, Remote(77)).ShouldBeTrue();
    }

    [Fact]
    public void Who_links_again_before_the_ack_is_linked()
    {
        Book.Link(1, Remote(77));
        Book.Unlink(1, Remote(77));
        Book.Link(1, Remote(77));
        Book.AreLinked(1, Remote(77)).ShouldBeTrue();
        _run.Take().Count.ShouldBe(3);
        Book.OnUnlinkAck(Session, Signal(77, 1));
        Book.OnExit(Session, ExitSignal(77, 1, ExitReason.NoProcess, isLink: true));
        _run.Take().ShouldBe([new DeliverExit(1, Remote(77), ExitReason.NoProcess, IsLink: true)]);
    }

    [Fact]
    public void The_end_of_a_session_breaks_what_runs_across_it_and_nothing_else()
    {
        Book.Link(1, Remote(77));
        Book.OnLink(Session, Signal(78, 2));
        Book.Link(3, Remote(79));
        Book.Unlink(3, Remote(79));
        Book.Link(1, Remote(77, session: 2));
        _run.Take();
        Book.OnSessionEnded(Session);
        _run.Take().ShouldBe([
            new DeliverExit(1, Remote(77), ExitReason.NoConnection, IsLink: true),
            new DeliverExit(2, Remote(78), ExitReason.NoConnection, IsLink: true)]);
        Book.OnExit(Session, ExitSignal(77, 1, Failed, isLink: true)).ShouldBeNull();
        Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();
        Book.OnUnlink(Session, Signal(77, 1)).ShouldBeNull();
        Book.AreLinked(1, Remote(77, session: 2)).ShouldBeTrue();
        _run.TakeNothing();
    }

    [Fact]
    public void An_exit_that_is_asked_for_comes_to_who_lives()
    {
        Book.Exit(1, Local(2), Failed);
        Book.Exit(0, Local(77), Failed);
        Book.Exit(1, Remote(77), ExitReason.Killed);
        Book.Exit(1, Remote(77, session: 3), ExitReason.Killed);
        Book.OnExit(Session, ExitSignal(77, 1, Failed, isLink: false)).ShouldBeNull();
        Book.OnExit(Session, ExitSignal(0, 1, Failed, isLink: false)).ShouldBeNull();
        Book.OnExit(Session, ExitSignal(77, 99, Failed, isLink: false)).ShouldBeNull();
        _run.Take().ShouldBe([
            new DeliverExit(2, Local(1), Failed, IsLink: false),
            Exit(1, 77, ExitReason.Killed, isLink: false),
            new DeliverExit(1, Remote(77), Failed, IsLink: false),
            new DeliverExit(1, Remote(0), Failed, IsLink: false)]);
    }

    [Fact]
    public void A_signal_without_its_processes_is_a_protocol_error()
    {
        foreach (var signal in new[] { Signal(0, 1), Signal(77, 0) })
        {
            Book.OnLink(Session, signal).ShouldNotBeNull();
            Book.OnUnlink(Session, signal).ShouldNotBeNull();
            Book.OnUnlinkAck(Session, signal).ShouldNotBeNull();
        }

        Book.OnExit(Session, ExitSignal(77, 0, Failed, isLink: false)).ShouldNotBeNull();
        Book.OnExit(Session, ExitSignal(0, 1, Failed, isLink: true)).ShouldNotBeNull();
        _run.TakeNothing();
    }
}
