using Firn.Protocol.Wire;

namespace Firn.Sessions;

/// <summary>What a session reports, from its own read loop or the schedule; none of it may wait.</summary>
internal interface ISessionOwner
{
    /// <summary>The peer's <see cref="Session.Description"/> is another one.</summary>
    void OnDescribed(Session session);

    void OnRecords(Session session, IEnumerable<SignedPeerRecord> records);

    void OnRtt(Session session, TimeSpan rtt);

    /// <summary>The session is over. <paramref name="isTold"/>: the peer said why.</summary>
    void OnEnded(Session session, EndReason reason, string detail, bool isTold);
}
