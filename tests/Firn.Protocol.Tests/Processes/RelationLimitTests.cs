using Firn.Protocol.Wire;
using static Firn.Protocol.Tests.RelationRun;

namespace Firn.Protocol.Tests;

/// <summary>What one end of a session may have at the other, and that nothing is left when all is over.</summary>
public class RelationLimitTests
{
    [Fact]
    public void The_other_end_may_hold_so_many_and_one_more_is_a_protocol_error()
    {
        var run = new RelationRun();
        for (ulong i = 1; i < RelationBook.MaxPerSession; i++)
            run.Book.OnMonitor(Session, new MonitorSignal { Reference = i, Process = 1 }).ShouldBeNull();
        run.Book.OnLink(Session, Signal(77, 1)).ShouldBeNull();

        run.Book.OnLink(Session, Signal(78, 1)).ShouldNotBeNull();
        run.Book.OnMonitor(Session, new MonitorSignal { Reference = 99_999, Process = 1 }).ShouldNotBeNull();
        run.Book.OnLink(2, Signal(78, 1)).ShouldBeNull("each session has its own limit");
        run.Book.OnMonitor(Session, new MonitorSignal { Reference = 99_999, Process = 77 }).ShouldBeNull("one that is over at once takes no room");

        run.Book.OnUnlink(Session, Signal(77, 1));
        run.Book.OnLink(Session, Signal(78, 1)).ShouldBeNull();
        run.Book.OnDemonitor(Session, new DemonitorSignal { Reference = 1 });
        run.Book.OnMonitor(Session, new MonitorSignal { Reference = 99_999, Process = 1 }).ShouldBeNull();
    }

    [Fact]
    public void This_node_asks_for_no_more_than_the_other_end_holds()
    {
        var run = new RelationRun(limit: 3);
        run.Book.Monitor(1, Remote(71));
        ulong reference = run.Book.Monitor(1, Session, "printer");
        run.Book.Link(1, Remote(73));
        run.Take();

        var busy = Should.Throw<FirnException>(() => run.Book.Monitor(1, Remote(74)));
        busy.Reason.ShouldBe(FailureReason.Busy);
        busy.Message.ShouldContain("no more than 3");
        Should.Throw<FirnException>(() => run.Book.Link(1, Remote(74)));
        run.TakeNothing();
        run.Book.Link(1, Remote(73));
        run.Book.Monitor(1, Remote(74, session: 2));
        run.Book.Monitor(1, Local(2));

        run.Book.Demonitor(reference);
        run.Book.Link(1, Remote(74));
        run.Book.Unlink(1, Remote(74));
        Should.Throw<FirnException>(() => run.Book.Monitor(1, Remote(75)), "an unlink that is not confirmed is kept in mind, too");
        run.Book.OnUnlinkAck(Session, Signal(74, 1));
        run.Book.Monitor(1, Remote(75));
    }

    [Fact]
    public void Nothing_is_left_when_all_is_over()
    {
        var run = new RelationRun();
        run.Book.OnSessionEnded(2);
        run.Book.Monitor(1, Local(2));
        run.Book.Monitor(0, Local(2));
        run.Book.Monitor(1, Remote(77));
        run.Book.Link(1, Local(2));
        run.Book.Link(3, Remote(77));
        run.Book.Link(4, Remote(77));
        run.Book.Unlink(4, Remote(77));
        run.Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 3 });
        run.Book.OnLink(Session, Signal(78, 5));
        run.Book.IsEmpty.ShouldBeFalse();

        for (ulong process = 1; process <= 5; process++)
            run.Exit(process, ExitReason.Normal);
        run.Book.OnSessionEnded(Session);
        run.Book.IsEmpty.ShouldBeTrue();
    }
}
