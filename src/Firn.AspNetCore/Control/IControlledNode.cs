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

    /// <summary>Takes up at once what has changed about cookies and trust list of the home.</summary>
    Task<ReloadBody> ReloadAsync(CancellationToken cancellationToken);

    /// <summary>Which name belongs to which key.</summary>
    IReadOnlyList<PinBody> Pins();

    /// <summary>Gives a name free, and answers which it was.</summary>
    PinBody ForgetPin(string name);

    /// <summary>Makes an invite; the answer holds its line.</summary>
    InviteBody Invite(NewInviteBody request);

    /// <summary>The invites that this node has made since its start, without their lines.</summary>
    IReadOnlyList<InviteBody> Invites();

    /// <summary>Has an invite take nobody any more, and answers what it was.</summary>
    InviteBody CancelInvite(string id);

    /// <summary>Looks at what an invite offers, or takes it and connects to the inviter.</summary>
    Task<JoinOfferBody> JoinAsync(JoinBody request, CancellationToken cancellationToken);

    /// <summary>What has a name at a node: this one unless another is named.</summary>
    Task<NamesBody> NamesAsync(string? wanted, CancellationToken cancellationToken);

    /// <summary>Sends a message, written as its receiver reads it, to a process by its name at a node.</summary>
    Task<SentBody> SendAsync(string process, string wanted, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>As <see cref="SendAsync"/>, and waits for the reply.</summary>
    Task<Reply> CallAsync(string process, string wanted, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Measures the way to a peer; fails before its first event when it cannot start.</summary>
    IAsyncEnumerable<BenchEventBody> BenchAsync(BenchBody request, CancellationToken cancellationToken);

    /// <summary>What happens from the moment of this call.</summary>
    IAsyncEnumerable<EventBody> WatchAsync(CancellationToken cancellationToken);
}
