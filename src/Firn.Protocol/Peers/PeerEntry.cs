namespace Firn.Protocol;

/// <summary>An authenticated connection that the book holds as the session with a peer.</summary>
/// <param name="Link">The local number of the connection.</param>
/// <param name="Id">The session's id, the same at both ends.</param>
/// <param name="IsOurs">Whether this node dialled it.</param>
/// <param name="Moment">The book's <see cref="PeerBook.Moment"/> from when on it is held.</param>
internal sealed record HeldSession(long Link, SessionId Id, bool IsOurs, long Moment);

/// <summary>A Commit of this node that the acceptor has not answered yet.</summary>
internal sealed record PendingCommit(long Link, SessionId Id, ulong Counter, SessionId? Last, long SentAt);

/// <summary>All that the book remembers of one peer.</summary>
internal sealed class PeerEntry(PeerKey key)
{
    public PeerKey Key { get; } = key;

    /// <summary>The highest incarnation that was proved.</summary>
    public Incarnation Incarnation { get; set; }

    public HeldSession? Held { get; set; }

    /// <summary>Id of the session held last, also after its end.</summary>
    public SessionId? Last { get; set; }

    public List<PendingCommit> Commits { get; } = [];

    /// <summary>The highest counter of our Commits that the peer is known to have taken: it has dropped what came before.</summary>
    public ulong Accepted { get; set; }

    /// <summary>The highest counter of this incarnation's Commits that we took.</summary>
    public ulong? Taken { get; set; }

    /// <summary>Whether PeerUp was raised and PeerDown was not.</summary>
    public bool IsUp { get; set; }

    /// <summary>Set while the session was closed in order and a Commit of ours may yet take its place.</summary>
    public EndReason? Handover { get; set; }

    public long LastSeen { get; set; }

    public bool IsIdle => Held is null && Commits.Count == 0 && !IsUp;
}
