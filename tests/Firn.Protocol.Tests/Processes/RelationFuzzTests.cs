using Firn.Protocol.Wire;
using static Firn.Protocol.Tests.RelationRun;

namespace Firn.Protocol.Tests;

/// <summary>A session's other end sends any signal at any time, about any process: the book stays well, and nothing is left behind.</summary>
public class RelationFuzzTests
{
    private static readonly string[] Names = ["one", "two", "", "no name"];

    [Fact]
    public void Whatever_signals_come_all_ends_when_all_is_over() => Fuzz.Run(Fuzz.Cases / 40, mutator =>
    {
        var run = new RelationRun(limit: 1 + mutator.Next(12));
        for (int step = 0; step < 100; step++)
            Send(run.Book, mutator);
        for (ulong process = 1; process <= 9; process++)
            run.Exit(process, ExitReason.Normal);

        run.Take().OfType<DeliverDown>().ShouldBeEmpty("nobody here has monitored anything");
        run.Book.OnSessionEnded(Session);
        run.Book.OnSessionEnded(2);
        run.Book.IsEmpty.ShouldBeTrue();
    });

    private static void Send(RelationBook book, Mutator mutator)
    {
        // Session 3 was never started; numbers from 0, which none has, to 11, beyond those that live.
        long session = 1 + mutator.Next(3);
        ulong one = (ulong)mutator.Next(12), other = (ulong)mutator.Next(12);
        var key = new ProcessKey(session, Math.Max(1, other));
        switch (mutator.Next(10))
        {
            case 0:
                book.OnMonitor(session, new MonitorSignal { Reference = one, Process = other });
                break;
            case 1:
                book.OnMonitor(session, new MonitorSignal { Reference = one, Name = mutator.Pick(Names) });
                break;
            case 2:
                book.OnDemonitor(session, new DemonitorSignal { Reference = one });
                break;
            case 3:
                book.OnDown(session, new DownSignal { Reference = one, Process = other });
                break;
            case 4 or 5:
                book.OnLink(session, Signal(one, other));
                break;
            case 6:
                book.OnUnlink(session, Signal(one, other));
                break;
            case 7:
                book.OnUnlinkAck(session, Signal(one, other));
                break;
            case 8:
                book.OnExit(session, new ExitSignal { From = one, To = other, IsLink = mutator.Chance(2) });
                break;
            case 9 when book.AreLinked(one, key):
                book.Unlink(one, key);
                break;
        }
    }
}
