using Firn.Protocol.Wire;
using static Firn.Protocol.Tests.RelationRun;

namespace Firn.Protocol.Tests;

/// <summary>The rules of monitors, one by one.</summary>
public class MonitorTests
{
    private static readonly ExitReason Failed = ExitReason.Error("it failed");

    private readonly RelationRun _run = new();

    private RelationBook Book => _run.Book;

    [Fact]
    public void A_monitor_of_a_local_process_fires_once_with_its_reason()
    {
        ulong reference = Book.Monitor(1, Local(2));
        ulong outside = Book.Monitor(0, Local(2));
        outside.ShouldNotBe(reference);
        _run.TakeNothing();
        _run.Exit(2, Failed);
        _run.Take().ShouldBe([new DeliverDown(1, reference, Local(2), null, Failed), new DeliverDown(0, outside, Local(2), null, Failed)]);
        Book.Demonitor(reference).ShouldBeFalse();
        _run.TakeNothing();
    }

    [Fact]
    public void A_process_may_monitor_another_twice_and_each_fires()
    {
        ulong[] references = [Book.Monitor(1, Local(2)), Book.Monitor(1, Local(2))];
        _run.Exit(2, ExitReason.Normal);
        _run.Take().Cast<DeliverDown>().Select(d => d.Reference).ShouldBe(references);
    }

    [Fact]
    public void Who_is_not_there_is_down_at_once()
    {
        _run.Exit(2, Failed);
        ulong byNumber = Book.Monitor(1, Local(2));
        ulong byName = Book.Monitor(1, 0, "two");
        _run.Take().ShouldBe([
            new DeliverDown(1, byNumber, Local(2), null, ExitReason.NoProcess), new DeliverDown(1, byName, Local(0), "two", ExitReason.NoProcess)]);
    }

    [Fact]
    public void A_monitor_by_name_is_for_whoever_has_it_then()
    {
        ulong reference = Book.Monitor(2, 0, "one");
        _run.Exit(1, Failed);
        _run.Take().ShouldBe([new DeliverDown(2, reference, Local(1), "one", Failed)]);
    }

    [Fact]
    public void One_that_is_taken_back_does_not_fire()
    {
        Book.Demonitor(Book.Monitor(1, Local(2))).ShouldBeTrue();
        _run.Exit(2, Failed);
        _run.TakeNothing();
        Book.Demonitor(99).ShouldBeFalse();
    }

    [Fact]
    public void A_watcher_that_has_ended_is_told_nothing()
    {
        Book.Monitor(1, Local(2));
        Book.Monitor(1, Local(1));
        ulong across = Book.Monitor(1, Remote(7));
        _run.Take();
        _run.Exit(1, Failed);
        _run.Take().ShouldBe([Demonitor(across)]);
        Book.Monitor(1, Local(2));
        Book.Monitor(1, Remote(7));
        _run.Exit(2, Failed);
        _run.TakeNothing();
    }

    [Fact]
    public void A_monitor_across_a_session_is_asked_for_there_and_fires_when_told()
    {
        ulong reference = Book.Monitor(1, Remote(77));
        _run.Take().ShouldBe([Monitor(reference, 77)]);
        var down = new DownSignal { Reference = reference, Process = 77, Reason = Failed.ToWire() };
        Book.OnDown(2, down).ShouldBeNull();
        _run.TakeNothing();
        Book.OnDown(Session, down).ShouldBeNull();
        _run.Take().ShouldBe([new DeliverDown(1, reference, Remote(77), null, Failed)]);
        Book.OnDown(Session, down).ShouldBeNull();
        _run.TakeNothing();
    }

    [Fact]
    public void A_monitor_by_name_across_a_session_learns_who_it_was()
    {
        ulong reference = Book.Monitor(1, Session, "printer");
        _run.Take().ShouldBe([new SendSignal(Session, FrameType.Monitor, new MonitorSignal { Reference = reference, Name = "printer" })]);
        Book.OnDown(Session, new DownSignal { Reference = reference, Process = 77, Reason = Failed.ToWire() });
        _run.Take().ShouldBe([new DeliverDown(1, reference, Remote(77), "printer", Failed)]);
    }

    [Fact]
    public void A_down_that_crosses_the_demonitor_is_ignored()
    {
        ulong reference = Book.Monitor(1, Remote(77));
        Book.Demonitor(reference).ShouldBeTrue();
        _run.Take().ShouldBe([Monitor(reference, 77), Demonitor(reference)]);
        Book.OnDown(Session, new DownSignal { Reference = reference, Process = 77, Reason = Failed.ToWire() }).ShouldBeNull();
        _run.TakeNothing();
    }

    [Fact]
    public void The_end_of_a_session_fires_what_runs_across_it_and_nothing_else()
    {
        ulong lost = Book.Monitor(1, Remote(77));
        ulong named = Book.Monitor(0, Session, "printer");
        ulong other = Book.Monitor(1, Remote(77, session: 2));
        _run.Take();
        Book.OnSessionEnded(Session);
        _run.Take().ShouldBe([
            new DeliverDown(1, lost, Remote(77), null, ExitReason.NoConnection),
            new DeliverDown(0, named, Remote(0), "printer", ExitReason.NoConnection)]);
        Book.OnSessionEnded(Session);
        Book.OnSessionEnded(2);
        _run.Take().ShouldBe([new DeliverDown(1, other, Remote(77, session: 2), null, ExitReason.NoConnection)]);
        ulong late = Book.Monitor(1, Remote(77));
        _run.Take().ShouldBe([new DeliverDown(1, late, Remote(77), null, ExitReason.NoConnection)]);
        Book.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_other_ends_monitors_are_answered_once()
    {
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 1 }).ShouldBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 6, Name = "one" }).ShouldBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 7, Process = 1 }).ShouldBeNull();
        Book.OnMonitor(2, new MonitorSignal { Reference = 5, Process = 2 }).ShouldBeNull("references are each end's own");
        Book.OnDemonitor(Session, new DemonitorSignal { Reference = 7 }).ShouldBeNull();
        Book.OnDemonitor(Session, new DemonitorSignal { Reference = 8 }).ShouldBeNull();
        _run.TakeNothing();
        _run.Exit(1, Failed);
        _run.Take().ShouldBe([Down(5, 1, Failed), Down(6, 1, Failed)]);
    }

    [Fact]
    public void The_other_ends_monitors_of_nobody_are_answered_at_once()
    {
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 77 }).ShouldBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 6, Name = "nobody" }).ShouldBeNull();
        _run.Take().ShouldBe([Answer(Down(5, 77, ExitReason.NoProcess)), Answer(Down(6, 0, ExitReason.NoProcess))]);
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 1 }).ShouldBeNull("what has fired is free again");
    }

    [Fact]
    public void The_other_ends_monitors_end_with_the_session()
    {
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 1 });
        Book.OnSessionEnded(Session);
        _run.Exit(1, Failed);
        _run.TakeNothing();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 6, Process = 77 }).ShouldBeNull();
        _run.TakeNothing();
    }

    [Fact]
    public void A_monitor_that_cannot_be_is_a_protocol_error()
    {
        Book.OnMonitor(Session, new MonitorSignal { Process = 1 }).ShouldNotBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5 }).ShouldNotBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 0 }).ShouldNotBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Name = "" }).ShouldNotBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Name = "no name" }).ShouldNotBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Name = new string('x', 129) }).ShouldNotBeNull();
        Book.OnDemonitor(Session, new DemonitorSignal()).ShouldNotBeNull();
        Book.OnDown(Session, new DownSignal { Process = 1 }).ShouldNotBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 1 }).ShouldBeNull();
        Book.OnMonitor(Session, new MonitorSignal { Reference = 5, Process = 2 }).ShouldNotBeNull();
        _run.TakeNothing();
    }

    [Fact]
    public void A_name_that_cannot_be_is_refused_here_not_there() =>
        Should.Throw<FirnException>(() => Book.Monitor(1, Session, "no name")).Reason.ShouldBe(FailureReason.InvalidInput);
}
