namespace Firn.Protocol;

/// <summary>
/// Places that sources say. One place is dialled like a told peer: within budgets, and given up after so many rounds until it is said again.
/// Whoever says the same key means the same place.
/// </summary>
internal sealed partial class DialBook
{
    private readonly Dictionary<string, SourceOfPlaces> _sources = [];

    private int FoundAttempts => _attempts.Values.Count(static target => target.Kind == DialKind.Found);

    /// <summary>A place is said, in place of what was said under its key. <paramref name="up"/>: the peer with its key, if that is connected.</summary>
    public void OnFound(Sighting sighting, PeerKey? up, long now)
    {
        if (!_sources.TryGetValue(sighting.Source, out var source))
            _sources[sighting.Source] = source = new SourceOfPlaces(sighting.Source, limits, now);
        if (source.Places.TryGetValue(sighting.Key, out var known))
        {
            var before = known.Sightings.Find(s => s.Source == sighting.Source && s.Key == sighting.Key);
            if (before?.Did == sighting.Did)
            {
                known.Sightings[known.Sightings.IndexOf(before!)] = sighting;
                OnSaidAgain(known, source, now);
                return;
            }

            OnLost(sighting.Source, sighting.Key);
        }

        if (source.Places.Count >= limits.MaxPlaces && !MakeRoomIn(source))
            return;
        if (_targets.Find(t => t.IsPlace && t.ExpectedDid is { } did && did == sighting.Did) is { } same)
        {
            source.Places[sighting.Key] = same;
            same.Sightings.Add(sighting);
            OnSaidAgain(same, source, now);
            return;
        }

        if (!source.TryTakeTurn(sighting.Kind, now, out long due))
            return;

        var target = new DialTarget(sighting.Kind, sighting.Addresses, sighting.Did) { IsPlace = true, Peer = up, Due = due };
        target.Sightings.Add(sighting);
        source.Places[sighting.Key] = target;
        AddTarget(target, up is not null ? DialState.Satisfied : IsUnwanted(target) ? DialState.Stopped : DialState.Waiting);
    }

    /// <summary>A place is no longer said to be there; its session stays, should there be one.</summary>
    public void OnLost(string source, string key)
    {
        if (!_sources.TryGetValue(source, out var places) || !places.Places.Remove(key, out var target))
            return;

        target.Sightings.RemoveAll(s => s.Source == source && s.Key == key);
        if (target.Sightings.Count > 0)
            target.TakeSightings();
        else if (target.State is DialState.Waiting or DialState.Stopped)
            Stop(target);   // else when its attempt or its session ends
    }

    /// <summary>The source is gone with all that it has said.</summary>
    public void OnSourceGone(string source)
    {
        if (!_sources.TryGetValue(source, out var places))
            return;

        foreach (var key in places.Places.Keys.ToList())
            OnLost(source, key);
        _sources.Remove(source);
    }

    /// <summary>What has moved is tried at its new addresses; what was given up is tried again after a rest.</summary>
    private void OnSaidAgain(DialTarget target, SourceOfPlaces source, long now)
    {
        bool hasMoved = target.TakeSightings();
        bool mayRise = target.State == DialState.Stopped && !IsUnwanted(target) && (hasMoved || now >= target.RestsUntil);
        bool hasNews = mayRise || (hasMoved && target.State == DialState.Waiting && target.Due > now);
        if (!hasNews || !source.TryTakeTurn(target.Kind, now, out long due))
            return;

        target.Failures = 0;
        target.Due = due;
        Enter(target, DialState.Waiting);
    }

    /// <summary>Forgets a place of this source that is not connected, one that leads nowhere before one that was not tried yet; false if there is none.</summary>
    private bool MakeRoomIn(SourceOfPlaces source)
    {
        (string? key, int failures) worst = (null, 0);
        foreach (var (key, target) in source.Places)
        {
            int failures = target.State == DialState.Stopped ? int.MaxValue : target.State == DialState.Waiting ? target.Failures : 0;
            if (failures > worst.failures)
                worst = (key, failures);
        }

        if (worst.key is not null)
            OnLost(source.Name, worst.key);
        return worst.key is not null;
    }

    /// <summary>What one source says, and how fast it may make this node dial.</summary>
    private sealed class SourceOfPlaces(string name, DialLimits limits, long now)
    {
        private long _nextTurn = now - (limits.PlaceBurst * limits.PlaceMilliseconds);

        public string Name => name;

        public Dictionary<string, DialTarget> Places { get; } = new(StringComparer.Ordinal);

        /// <summary>When a place that is new or has moved may be dialled; false when too many wait already.</summary>
        public bool TryTakeTurn(DialKind kind, long now, out long due)
        {
            due = now;
            if (kind != DialKind.Found)
                return true;

            long turn = Math.Max(_nextTurn, now - (limits.PlaceBurst * limits.PlaceMilliseconds)) + limits.PlaceMilliseconds;
            if (turn - now > limits.MaxPlaceWait)
                return false;

            (_nextTurn, due) = (turn, Math.Max(now, turn));
            return true;
        }
    }
}
