using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Firn.Protocol.Tests;

/// <summary>Races in which anything may happen at any time, replayed from a seed: what must hold of all of them.</summary>
[SuppressMessage("Security", "CA5394", Justification = "a run is repeatable")]
public sealed class RandomRaceTests
{
    [Fact]
    public void Whatever_happens_one_way_alone_goes_on_nothing_is_left_and_a_good_way_is_found()
    {
        for (int seed = 1; seed <= (LongRun.IsOn ? 200_000 : 5_000); seed++)
            new Run(seed).Go();
    }

    /// <summary>How one way behaves, whenever it is started.</summary>
    private sealed record Fate(long AnswersAfter, bool FailsThere, PeerKey Who, long EndsAfter, bool Wins, bool Refuses, bool Decides);

    private sealed class Run(int seed)
    {
        private static readonly NodeAddress Name = NodeAddress.Parse("db.lan:1");
        private readonly Random _random = new(seed);
        private readonly PriorityQueue<Action, (long At, int Order)> _events = new();
        private readonly Dictionary<DialWay, Fate> _fates = [];
        private readonly Dictionary<int, DialWay> _running = [];
        private DialRace _race = null!;
        private int? _proving;
        private int _order;
        private long _now;
        private long _lastDirect = -1_000;
        private bool _mayHurry;
        private bool _isWon;

        public void Go()
        {
            bool hasGood = _random.Next(2) == 0;
            var ways = Ways(hasGood);
            bool demands = _random.Next(2) == 0;
            _race = new DialRace(new StartDial(1, ways, demands ? Pair.Bob : null), static a => a == Name, new RaceLimits(), 0);
            CarryOut();
            while (!_race.IsOver)
            {
                long due = _race.NextDue;
                due.ShouldBeLessThanOrEqualTo(10_000, Which);
                if (_events.TryPeek(out _, out var next) && next.At <= due)
                {
                    _now = next.At;
                    _events.Dequeue()();
                }
                else
                {
                    _now = Math.Max(_now, due);
                    _race.Tick(_now);
                }

                CarryOut();
            }

            _running.ShouldBeEmpty(Which);
            if (hasGood)
                _isWon.ShouldBeTrue(Which);
            if (!_isWon)
                _race.Outcome.ShouldNotBeNull(Which);
        }

        private string Which => string.Create(CultureInfo.InvariantCulture, $"seed {seed} at {_now} ms");

        /// <summary>Up to five ways; if one of them is good, no other refuses or decides for the wrong.</summary>
        private List<DialWay> Ways(bool hasGood)
        {
            List<DialWay> ways = [];
            for (int i = 0, count = 1 + _random.Next(4); i < count; i++)
                ways.Add(new DirectWay(NodeAddress.Parse(_random.Next(2) == 0 ? $"10.0.0.{i + 1}:1" : $"[fd00::{i + 1}]:1")));
            if (_random.Next(3) == 0)
                ways.Add(new DirectWay(Name));
            if (_random.Next(3) == 0)
                ways.Add(new RelayedWay(Pair.Key("relay"), Pair.Bob.Did));
            foreach (var way in ways.Where(w => w is not DirectWay { Address: var address } || address != Name).Concat([Resolved(4), Resolved(6)]))
                _fates[way] = RandomFate(hasGood);
            if (hasGood)
                _fates[ways[0]] = new Fate(_random.Next(300), FailsThere: false, Pair.Bob, _random.Next(300), Wins: true, Refuses: false, Decides: true);
            return ways;
        }

        private static DirectWay Resolved(int family) => new(Name, IPAddress.Parse(family == 4 ? "10.9.9.9" : "fd00::99"));

        /// <summary>At most one of them hangs in its handshake beside a good one, so that there is time for that.</summary>
        private Fate RandomFate(bool besideGood) => new(
            _random.Next(3) == 0 ? 100_000 : _random.Next(1_500),
            _random.Next(2) == 0,
            _random.Next(2) == 0 ? Pair.Bob : Pair.Key("carol"),
            !besideGood && _random.Next(4) == 0 ? 100_000 : _random.Next(800),
            Wins: !besideGood && _random.Next(2) == 0,
            Refuses: !besideGood && _random.Next(2) == 0,
            Decides: !besideGood && _random.Next(2) == 0);

        private void CarryOut()
        {
            foreach (var action in _race.TakeActions())
            {
                switch (action)
                {
                    case ResolveName name:
                        After(_random.Next(300), () => _race.OnResolved(name.Address, IpFamily.V6, Some(6), _now));
                        After(_random.Next(300), () => _race.OnResolved(name.Address, IpFamily.V4, Some(4), _now));
                        break;
                    case StartWay start:
                        OnStart(start);
                        break;
                    case CancelWay cancel:
                        _running.Remove(cancel.Run).ShouldBeTrue(Which);
                        if (_proving == cancel.Run)
                            (_proving, _mayHurry) = (null, true);
                        break;
                }
            }

            if (_proving is not null)
                _running.Keys.Single().ShouldBe(_proving.Value, Which);
        }

        private IReadOnlyList<IPAddress> Some(int family) => _random.Next(3) == 0 ? [] : [Resolved(family).Literal!];

        private void OnStart(StartWay start)
        {
            _proving.ShouldBeNull(Which);
            _running.Add(start.Run, start.Way);
            if (start.Way is DirectWay)
            {
                (_now - _lastDirect >= 250 || _mayHurry).ShouldBeTrue(Which);
                (_lastDirect, _mayHurry) = (_now, false);
            }
            else
            {
                (_now >= 2_000 || !_running.Values.Any(static w => w is DirectWay)).ShouldBeTrue(Which);
            }

            var fate = _fates[start.Way];
            After(fate.AnswersAfter, () => OnAnswer(start.Run, fate));
        }

        private void OnAnswer(int run, Fate fate)
        {
            if (!_running.ContainsKey(run))
                return;   // cancelled meanwhile
            if (fate.FailsThere)
            {
                Fail(run, new RaceFailure(RaceStage.Connecting, FailureReason.Unreachable, "no"));
                return;
            }

            if (!_race.OnAnswered(run, fate.Who.Did, _now))
            {
                _running.Remove(run);   // it is refused already, and counts as failed
                _mayHurry = true;
                return;
            }

            _proving = run;
            After(fate.EndsAfter, () => OnEnd(run, fate));
        }

        private void OnEnd(int run, Fate fate)
        {
            if (_proving != run)
                return;
            if (fate.Decides)
                _race.OnDeciding(run).ShouldBeTrue(Which);
            if (fate.Wins)
            {
                _isWon = true;
                _proving = null;
                _running.Remove(run);
                _race.OnWon(run);
                _race.IsOver.ShouldBeTrue(Which);
            }
            else
            {
                var stage = fate.Decides ? RaceStage.Deciding : RaceStage.Proving;
                Fail(run, new RaceFailure(stage, FailureReason.Busy, "no") { IsRefused = fate.Refuses });
            }
        }

        private void Fail(int run, RaceFailure failure)
        {
            if (_proving == run)
                _proving = null;
            _running.Remove(run);
            _mayHurry = true;
            _race.OnFailed(run, failure, _now);
        }

        private void After(long delay, Action happens) => _events.Enqueue(
            () =>
            {
                if (!_race.IsOver)
                    happens();
            },
            (_now + delay, _order++));
    }
}
