namespace Firn.Protocol.Tests;

/// <summary>A <see cref="CallTable{T}"/> beside a model of it.</summary>
internal sealed class CallRun
{
    private readonly CallTable<int> _table = new();
    private readonly Dictionary<ulong, (int Waiter, long Deadline)> _model = [];
    private readonly List<ulong> _ids = [];
    private int _lastWaiter;
    private long _now = 1;

    public void Do(int deed, int number)
    {
        switch (deed)
        {
            case 0:
                // Enough at a time for several groups of slots.
                for (int i = 0; i < 1 + (number % 7); i++)
                    Add(number % 10 == 0 ? long.MaxValue : _now + number + i);
                break;
            case 1 when _ids.Count > 0:
                Take(_ids[number % _ids.Count]);
                break;
            case 2:
                _now += number % 200;
                Expire();
                break;
            case 3:
                for (int i = 0; i < number % 20 && _model.Count > 0; i++)
                    Take(_model.Keys.ElementAt(number % _model.Count));
                break;
            case 4 when number < 20:
                End();
                break;
        }

        _table.Count.ShouldBe(_model.Count);
        _table.NextDeadline.ShouldBeLessThanOrEqualTo(TrueNextDeadline);
        if (TrueNextDeadline == long.MaxValue && _model.Count == 0)
            _table.NextDeadline.ShouldBe(long.MaxValue);
    }

    public void End()
    {
        _table.TakeAll().ShouldBe(_model.Values.Select(m => m.Waiter), ignoreOrder: true);
        _model.Clear();
        _table.NextDeadline.ShouldBe(long.MaxValue);
    }

    private long TrueNextDeadline => _model.Values.Select(m => m.Deadline).DefaultIfEmpty(long.MaxValue).Min();

    private void Add(long deadline)
    {
        _table.TryAdd(++_lastWaiter, deadline, out ulong id).ShouldBeTrue();
        id.ShouldNotBe(0ul);
        _model.Add(id, (_lastWaiter, deadline));
        _ids.ShouldNotContain(id, "no two calls have one id");
        _ids.Add(id);
    }

    private void Take(ulong id)
    {
        bool isThere = _model.Remove(id, out var expected);
        _table.TryTake(id, out int waiter).ShouldBe(isThere);
        waiter.ShouldBe(expected.Waiter);
    }

    private void Expire()
    {
        var expired = new List<int>();
        while (_table.TryTakeExpired(_now, out int waiter))
            expired.Add(waiter);
        var due = _model.Where(m => m.Value.Deadline <= _now).ToList();
        expired.ShouldBe(due.Select(m => m.Value.Waiter), ignoreOrder: true);
        foreach (var (id, _) in due)
            _model.Remove(id);
        _table.NextDeadline.ShouldBeGreaterThan(_now, "a timer that is due at once again would spin");
    }
}
