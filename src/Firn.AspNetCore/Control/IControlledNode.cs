namespace Firn.AspNetCore;

/// <summary>What the control API asks of a node, in the API's own terms.</summary>
internal interface IControlledNode
{
    StatusBody Status();

    IReadOnlyList<PeerBody> Peers();

    Task<PeerBody> DialAsync(string address, CancellationToken cancellationToken);

    /// <summary>Ends the session and answers the full name of the peer.</summary>
    Task<string> HangupAsync(string name, CancellationToken cancellationToken);

    Task<PingBody> PingAsync(string name, CancellationToken cancellationToken);

    /// <summary>What happens from the moment of this call.</summary>
    IAsyncEnumerable<EventBody> WatchAsync(CancellationToken cancellationToken);
}
