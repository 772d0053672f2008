using Firn.Protocol.Wire;

namespace Firn.Protocol.Tests;

/// <summary>A <see cref="RelationBook"/> with processes 1 to 9, of which 1 is registered as "one", and sessions 1 and 2.</summary>
internal sealed class RelationRun
{
    public const long Session = 1;

    private readonly HashSet<ulong> _alive = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    private readonly List<RelationAction> _actions = [];

    public RelationRun(int limit = RelationBook.MaxPerSession)
    {
        Book = new RelationBook(_alive.Contains, name => name == "one" && _alive.Contains(1) ? 1ul : 0, _actions.Add, limit);
        Book.OnSessionStarted(Session);
        Book.OnSessionStarted(2);
    }

    public RelationBook Book { get; }

    public static ProcessKey Local(ulong number) => ProcessKey.Local(number);

    public static ProcessKey Remote(ulong number, long session = Session) => new(session, number);

    public void Exit(ulong process, ExitReason reason)
    {
        _alive.Remove(process);
        Book.OnExited(process, reason);
    }

    /// <summary>What was decided since it was last asked.</summary>
    public IReadOnlyList<RelationAction> Take()
    {
        var actions = _actions.ToList();
        _actions.Clear();
        return actions;
    }

    public void TakeNothing() => Take().ShouldBeEmpty();

    public static SendSignal Monitor(ulong reference, ulong process) =>
        new(Session, FrameType.Monitor, new MonitorSignal { Reference = reference, Process = process });

    public static SendSignal Demonitor(ulong reference) => new(Session, FrameType.Demonitor, new DemonitorSignal { Reference = reference });

    public static SendSignal Down(ulong reference, ulong process, ExitReason reason) =>
        new(Session, FrameType.Down, new DownSignal { Reference = reference, Process = process, Reason = reason.ToWire() });

    public static SendSignal Link(FrameType type, ulong from, ulong to) => new(Session, type, Signal(from, to));

    public static SendSignal Exit(ulong from, ulong to, ExitReason reason, bool isLink) =>
        new(Session, FrameType.Exit, ExitSignal(from, to, reason, isLink));

    public static SendSignal Answer(SendSignal signal) => signal with { IsAnswer = true };

    public static LinkSignal Signal(ulong from, ulong to) => new() { From = from, To = to };

    public static ExitSignal ExitSignal(ulong from, ulong to, ExitReason reason, bool isLink) =>
        new() { From = from, To = to, Reason = reason.ToWire(), IsLink = isLink };
}
