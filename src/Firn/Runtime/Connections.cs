using Firn.Sessions;
using Firn.Telemetry;

namespace Firn.Runtime;

/// <summary>The links that a node's rules know of, by their numbers, and what went over them since its start.</summary>
internal sealed class Connections
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Connection> _links = [];
    private TrafficTotals _ended;

    public IReadOnlyList<Connection> All
    {
        get
        {
            lock (_gate)
                return [.. _links.Values];
        }
    }

    public Connection? Find(long link)
    {
        lock (_gate)
            return _links.GetValueOrDefault(link);
    }

    /// <summary>A link whose handshake runs, so that a decision can end it.</summary>
    public void Enter(long link, Action abort)
    {
        lock (_gate)
            _links[link] = new Connection(abort);
    }

    /// <summary>The link has become a session.</summary>
    public void Enter(Session session)
    {
        lock (_gate)
        {
            if (!_links.TryGetValue(session.Terms.Link, out var connection))
                _links[session.Terms.Link] = connection = new Connection(session.Link.Abort);
            connection.Session = session;
        }
    }

    public void Leave(long link)
    {
        lock (_gate)
        {
            if (_links.Remove(link, out var connection) && connection.Session is { } session)
                _ended = _ended.Plus(session) with { Sessions = 0, QueuedBytes = 0 };
        }
    }

    /// <summary>Sums over all sessions, those that have ended too.</summary>
    public TrafficTotals Totals()
    {
        lock (_gate)
        {
            return _links.Values.Select(connection => connection.Session).OfType<Session>()
                .Aggregate(_ended, static (totals, session) => totals.Plus(session));
        }
    }
}

/// <summary>A link that the node knows of: first a handshake that can only be cut, then a session that is closed with a reason.</summary>
internal sealed class Connection(Action abort)
{
    private volatile Session? _session;

    public Session? Session { get => _session; set => _session = value; }

    public void Abort() => abort();

    public void Close(EndReason reason, string detail)
    {
        if (_session is { } session)
            session.Close(reason, detail);
        else
            abort();
    }
}
