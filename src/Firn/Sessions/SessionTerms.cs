using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>
/// What two ends agreed on in their handshake, the cookie that they proved, if any, and how long the other one took to answer in it,
/// its computing included.
/// </summary>
internal sealed record SessionTerms(
    long Link, SessionId Id, PeerKey Peer, CookieKey? Cookie, Incarnation Incarnation,
    PeerDescription Description, DateTimeOffset ExpiresAt, TimeSpan FirstRtt);
