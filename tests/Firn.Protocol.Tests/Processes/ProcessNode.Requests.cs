namespace Firn.Protocol.Tests;

/// <summary>What processes ask of their node, and calls.</summary>
internal sealed partial class ProcessNode
{
    public void Monitor(ulong watcher, SimProcess target) =>
        Monitor(new SimMonitor(watcher, target, EndTo(target.Node)), target.Node, () => Book.Monitor(watcher, Key(target)), target);

    public void Monitor(ulong watcher, ProcessNode where, string name) => Monitor(
        new SimMonitor(watcher, null, EndTo(where)),
        where,
        () => Book.Monitor(watcher, where == this ? 0 : EndTo(where)?.Number ?? long.MaxValue, name),
        where._names.GetValueOrDefault(name));

    /// <summary>Whether it is still to fire.</summary>
    public bool IsPending(SimMonitor monitor) =>
        !monitor.HasFired && !monitor.IsTakenBack && (monitor.Watcher == 0 || Find(monitor.Watcher).IsAlive);

    public void Demonitor(ulong reference)
    {
        var monitor = _monitors[reference];
        _mesh.Require(Book.Demonitor(reference) == IsPending(monitor), "a monitor was there, or not, against expectation");
        monitor.IsTakenBack = true;
        CarryOut();
    }

    public void Link(SimProcess process, SimProcess other)
    {
        if (process == other)
            return;

        bool isAcross = other.Node != this && EndTo(other.Node) is { IsOpen: true };
        if (!TryAsk(() => Book.Link(process.Number, Key(other))))
            return;
        if (isAcross || other.Node == this)
        {
            var side = _mesh.Links(EndTo(other.Node)?.Session, process, other).Of(process);
            (side.HasActed, side.HasLinked, side.LinkedAt) = (true, true, _mesh.World.Events);
            side.Links++;
        }

        CarryOut();
    }

    public void Unlink(SimProcess process, SimProcess other)
    {
        if (Book.AreLinked(process.Number, Key(other)))
        {
            var side = _mesh.Links(EndTo(other.Node)?.Session, process, other).Of(process);
            (side.HasActed, side.HasLinked, side.UnlinkArrivedAt) = (true, false, other.Node == this ? _mesh.World.Events : long.MaxValue);
        }

        Book.Unlink(process.Number, Key(other));
        CarryOut();
    }

    public void AskToExit(SimProcess? from, SimProcess to, ExitReason reason)
    {
        Book.Exit(from?.Number ?? 0, Key(to), reason);
        CarryOut();
    }

    /// <summary>Calls a process of another node, if there is a session.</summary>
    public void Call(SimProcess target, int serial)
    {
        if (EndTo(target.Node) is not { IsOpen: true } end)
            return;

        var call = new SimCall(serial, _mesh.World.Chance(0.1) ? long.MaxValue : _mesh.World.Now + 1 + _mesh.World.Pick(1_500));
        end.Calls.TryAdd(call, call.Deadline, out ulong id).ShouldBeTrue();
        _mesh.Calls.Add(call);
        end.Session.Send(end, new CallMessage(id, serial, target.Number));
        Arm(end);
    }

    private void Monitor(SimMonitor monitor, ProcessNode where, Func<ulong> ask, SimProcess? found)
    {
        if (where == this)
            monitor.Arrive(found);
        if (TryAsk(() => _monitors.Add(ask(), monitor)))
            CarryOut();
    }

    /// <summary>Asks the book, which may refuse when there are too many relations.</summary>
    private bool TryAsk(Action ask)
    {
        try
        {
            ask();
            return true;
        }
        catch (FirnException busy)
        {
            busy.Reason.ShouldBe(FailureReason.Busy);
            _mesh.Refusals++;
            return false;
        }
    }

    private void Receive(SessionEnd end, CallMessage call)
    {
        var process = Find(call.Target);
        if (!process.IsAlive)
        {
            Answer(end, call);
            return;
        }

        process.Unanswered.Add((end, call));
        if (_mesh.World.Chance(0.9))
        {
            _mesh.World.After(_mesh.World.Pick(1_000), () =>
            {
                if (process.Unanswered.Remove((end, call)))
                    Answer(end, call);
            });
        }
    }

    private void Receive(SessionEnd end, ReplyMessage reply)
    {
        if (!end.Calls.TryTake(reply.Id, out var call))
            return;
        _mesh.Require(call.Serial == reply.Serial, "a reply was taken for another call's");
        EndCall(call);
    }

    private static void Answer(SessionEnd end, CallMessage call)
    {
        if (end.IsOpen)
            end.Session.Send(end, new ReplyMessage(call.Id, call.Serial));
    }

    /// <summary>As a node's timer does: looks when something may be due.</summary>
    private void Arm(SessionEnd end)
    {
        long due = end.Calls.NextDeadline;
        if (due == long.MaxValue)
            return;

        _mesh.World.After(Math.Max(0, due - _mesh.World.Now), () =>
        {
            bool hasExpired = false;
            while (end.Calls.TryTakeExpired(_mesh.World.Now, out var call))
            {
                hasExpired = true;
                EndCall(call);
            }

            if (hasExpired || due != end.Calls.NextDeadline)
                Arm(end);
        });
    }

    private void EndCall(SimCall call)
    {
        _mesh.Require(!call.HasEnded, "a call ended twice");
        call.HasEnded = true;
    }
}
