namespace Firn.Protocol.Tests;

/// <summary>
/// Runs a <see cref="PairModel"/> through every order of events there is. The books are ordinary objects that nobody can copy, so a
/// state is reached again by repeating what led to it; a state that was seen is not entered twice. What fails is told by a shortest way.
/// </summary>
internal sealed class PairExplorer(int[] dials, PairFaults faults)
{
    private readonly HashSet<UInt128> _seen = [];
    private readonly Queue<Step> _open = [];

    public int States => _seen.Count;

    /// <summary>States in which nothing more had to happen.</summary>
    public int Ends { get; private set; }

    private sealed record Step(Step? Before, PairEvent Event);

    public void Run()
    {
        var root = new PairModel(dials, faults);
        _seen.Add(root.Fingerprint());
        Visit(root, null);
        while (_open.TryDequeue(out var step))
            Visit(Replay(step), step);
    }

    private void Visit(PairModel model, Step? path)
    {
        var enabled = model.Enabled();
        if (!enabled.Exists(e => e.Kind is not (PairEventKind.PatienceEnds or PairEventKind.Restart or PairEventKind.Break)))
            CheckAtRest(model, path);

        for (int i = 0; i < enabled.Count; i++)
        {
            var step = new Step(path, enabled[i]);
            var next = i < enabled.Count - 1 ? Replay(path) : model;
            next.Apply(enabled[i]);
            if (next.Wrong is not null)
                Fail(next.Wrong, step);
            if (_seen.Add(next.Fingerprint()))
                _open.Enqueue(step);
        }
    }

    private PairModel Replay(Step? path)
    {
        var model = new PairModel(dials, faults);
        foreach (var next in Events(path))
            model.Apply(next);
        return model;
    }

    private static Stack<PairEvent> Events(Step? path)
    {
        var events = new Stack<PairEvent>();
        for (var step = path; step is not null; step = step.Before)
            events.Push(step.Event);
        return events;
    }

    private void CheckAtRest(PairModel model, Step? path)
    {
        Ends++;
        CheckAgreement(model, path);
        if (model.Dials.Contains(PairDialEnd.Running))
            Fail("a dial waits for ever", path);

        if (!model.HadFault)
        {
            if (model.Downs > 0)
                Fail("a PeerDown although nothing was lost", path);
            if (model.Switches > 0 && !model.HadWait)
                Fail("a session gave its place to another although nothing was lost", path);
            if (model.HeldBy(0) is null)
                Fail("no session although nothing was lost", path);
            if (model.Dials.Contains(PairDialEnd.Failed))
                Fail("a dial failed although nothing was lost", path);
        }

        for (int side = 0; side < 2; side++)
        {
            var again = Replay(path);
            again.Redial(side);
            CheckAgreement(again, path);
            if (again.HeldBy(0) is null)
                Fail($"a redial of {"AB"[side]} brings no session up", path);
        }
    }

    private static void CheckAgreement(PairModel model, Step? path)
    {
        if (model.HeldBy(0) != model.HeldBy(1))
            Fail($"A holds {model.HeldBy(0)}, B holds {model.HeldBy(1)}", path);
        for (int side = 0; side < 2; side++)
        {
            if (model.IsUp(side) != model.HeldBy(side) is not null)
                Fail($"{"AB"[side]} says {(model.IsUp(side) ? "up" : "down")} and holds {model.HeldBy(side)?.ToString() ?? "nothing"}", path);
        }
    }

    private static void Fail(string what, Step? path) =>
        Assert.Fail($"{what}, after:{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", Events(path))}");
}
