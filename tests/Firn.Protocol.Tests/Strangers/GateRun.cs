using System.Net;

namespace Firn.Protocol.Tests;

/// <summary>Drives a <see cref="StrangerGate"/> and checks after every step what must always hold.</summary>
internal sealed class GateRun(StrangerLimits limits)
{
    private readonly StrangerGate _gate = new(limits);
    private readonly Dictionary<long, Visitor> _here = [];
    private readonly Dictionary<Source, long> _lastTurn = [];
    private long _nextId;
    private long _turn;

    public long Now { get; set; }

    public int Started => _here.Values.Count(v => v.IsStarted);

    public IEnumerable<long> Waiting => _here.Values.Where(v => !v.IsStarted).Select(v => v.Id);

    public IReadOnlyCollection<Visitor> Here => _here.Values;

    public long? NextExpiry => _gate.NextExpiry;

    /// <summary>What became of everybody, in order.</summary>
    public List<StrangerAction> Log { get; } = [];

    public static Source SourceOf(int number) => Source.Of(new IPAddress(number));

    public int StartedOf(int source) => _here.Values.Count(v => v.IsStarted && v.Source == SourceOf(source));

    public bool IsStarted(long id) => _here.TryGetValue(id, out var visitor) && visitor.IsStarted;

    public bool IsHere(long id) => _here.ContainsKey(id);

    public long Arrive(int source)
    {
        long id = _nextId++;
        bool wasFull = Started == limits.InProgress;
        var newcomer = new Visitor(id, SourceOf(source), Now);
        _here.Add(id, newcomer);
        foreach (var action in _gate.Arrive(id, newcomer.Source, Now))
        {
            if (action is { Verb: StrangerVerb.Drop })
                CheckDropAtArrival(action, newcomer);
            Do(action);
        }

        newcomer.IsDecided.ShouldBeTrue("a newcomer is started or parked at once");
        if (!wasFull)
            newcomer.IsStarted.ShouldBeTrue("a free slot is used");
        Check();
        return id;
    }

    public void Prove(long id)
    {
        _gate.Proved(id);
        if (_here.TryGetValue(id, out var visitor) && visitor.IsStarted)
            visitor.IsProved = true;
        Check();
    }

    public void Finish(long id)
    {
        _here.Remove(id);
        ForgetTurns();
        DoFromParking(_gate.Finished(id));
        Check();
    }

    public void Expire()
    {
        DoFromParking(_gate.Expire(Now));
        _here.Values.ShouldAllBe(v => v.Arrived + limits.Deadline > Now);
        Check();
    }

    private void DoFromParking(IReadOnlyList<StrangerAction> actions)
    {
        foreach (var action in actions)
        {
            if (action.Verb == StrangerVerb.Start)
                CheckTurn(_here[action.Id]);
            else
                (_here[action.Id].Arrived + limits.Deadline).ShouldBeLessThanOrEqualTo(Now);
            Do(action);
        }
    }

    private void Do(StrangerAction action)
    {
        Log.Add(action);
        var visitor = _here[action.Id];
        switch (action.Verb)
        {
            case StrangerVerb.Start:
                visitor.IsStarted.ShouldBeFalse("started twice");
                visitor.IsStarted = true;
                break;
            case StrangerVerb.Park:
                visitor.IsDecided.ShouldBeFalse("parked twice");
                _lastTurn.TryAdd(visitor.Source, _turn++);
                break;
            case StrangerVerb.Drop:
                action.Why.ShouldNotBe(StrangerDrop.None);
                _here.Remove(action.Id);
                break;
        }

        visitor.IsDecided = true;
        ForgetTurns();
    }

    private void ForgetTurns()
    {
        foreach (var source in _lastTurn.Keys.Except(WaitingSources()).ToList())
            _lastTurn.Remove(source);
    }

    private void CheckDropAtArrival(StrangerAction drop, Visitor newcomer)
    {
        var leaver = _here[drop.Id];
        var others = _here.Values.Where(v => v != newcomer);
        if (drop.Why == StrangerDrop.Evicted)
        {
            leaver.Source.ShouldNotBe(newcomer.Source);
            leaver.IsProved.ShouldBeFalse("who proved itself stays");
            others.Count(v => v.IsStarted && v.Source == leaver.Source).ShouldBeGreaterThan(limits.Share);
            others.Where(v => v is { IsStarted: true, IsProved: false } && v.Source == leaver.Source)
                .ShouldAllBe(v => v.Id >= leaver.Id, "the oldest goes");
        }
        else
        {
            drop.Why.ShouldBe(StrangerDrop.ParkingFull);
            var parked = others.Where(v => !v.IsStarted).GroupBy(v => v.Source).ToDictionary(g => g.Key, g => g.Count());
            if (parked.GetValueOrDefault(newcomer.Source) == limits.ParkedPerSource)
            {
                leaver.Source.ShouldBe(newcomer.Source);
            }
            else
            {
                parked.Values.Sum().ShouldBe(limits.Parked);
                parked[leaver.Source].ShouldBe(parked.Values.Max(), "the busiest source gives way");
            }

            others.Where(v => !v.IsStarted && v.Source == leaver.Source).ShouldAllBe(v => v.Id >= leaver.Id, "the oldest goes");
        }
    }

    private void CheckTurn(Visitor next)
    {
        var mayStart = WaitingSources().Where(s => _here.Values.Count(v => v.IsStarted && v.Source == s) < limits.Share).ToList();
        if (WaitingSources().Count() > 1)
            mayStart.ShouldContain(next.Source, "no more than its share while another source waits");
        mayStart.ShouldAllBe(s => _lastTurn[next.Source] <= _lastTurn[s], "the source that waits for longest is next");
        _here.Values.Where(v => !v.IsStarted && v.Source == next.Source).ShouldAllBe(v => v.Id >= next.Id, "first come, first served");
        _lastTurn[next.Source] = _turn++;
    }

    private IEnumerable<Source> WaitingSources() =>
        _here.Values.Where(v => v is { IsStarted: false, IsDecided: true }).Select(v => v.Source).Distinct();

    private void Check()
    {
        int waiting = _here.Count - Started;
        Started.ShouldBeLessThanOrEqualTo(limits.InProgress);
        waiting.ShouldBeLessThanOrEqualTo(limits.Parked);
        foreach (var source in _here.Values.Where(v => !v.IsStarted).GroupBy(v => v.Source))
            source.Count().ShouldBeLessThanOrEqualTo(limits.ParkedPerSource);
        if (waiting > 0)
            Started.ShouldBe(limits.InProgress, "nobody waits while a slot is free");

        _gate.InProgress.ShouldBe(Started);
        _gate.Parked.ShouldBe(waiting);
        _gate.Sources.ShouldBe(_here.Values.Select(v => v.Source).Distinct().Count());
        _gate.NextExpiry.ShouldBe(_here.Count == 0 ? null : _here.Values.Min(v => v.Arrived) + limits.Deadline);
    }

    internal sealed class Visitor(long id, Source source, long arrived)
    {
        public long Id => id;

        public Source Source => source;

        public long Arrived => arrived;

        public bool IsDecided { get; set; }

        public bool IsStarted { get; set; }

        public bool IsProved { get; set; }
    }
}
