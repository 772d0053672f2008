using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>What two ends agreed on in their handshake, and how long the other one took to answer in it, its computing included.</summary>
internal sealed record SessionTerms(
    long Link, SessionId Id, PeerKey Peer, Incarnation Incarnation, PeerDescription Description, DateTimeOffset ExpiresAt, TimeSpan FirstRtt);
