using Firn.AspNetCore;
using Firn.Identity;
using Firn.Protocol;
using Firn.Runtime;
using Firn.Transports;

namespace Firn.Cli;

/// <summary>The two steps of joining, between which a person is asked.</summary>
internal interface IJoining : IDisposable
{
    Task<JoinOfferBody> LookAsync(CancellationToken stop);

    Task<JoinOfferBody> TakeAsync(CancellationToken stop);

    /// <summary>The command that starts the node that has joined; null if it runs.</summary>
    string? HowToStart { get; }
}

/// <summary>A node that runs joins: it takes up what it is given, and connects.</summary>
internal sealed class RunningJoining(ControlClient client, string line) : IJoining
{
    public string? HowToStart => null;

    public Task<JoinOfferBody> LookAsync(CancellationToken stop) => client.JoinAsync(new JoinBody(line), stop);

    public Task<JoinOfferBody> TakeAsync(CancellationToken stop) => client.JoinAsync(new JoinBody(line, Take: true), stop);

    public void Dispose() => client.Dispose();
}

/// <summary>A node that does not run joins: its home keeps what it is given, for its next start.</summary>
internal sealed class HomeJoining : IJoining
{
    private readonly FirnHome _home;
    private readonly NodeHome _identity;
    private readonly string? _name;
    private readonly InviteLine _invite;
    private readonly Joiner _joiner;
    private (NodeAddress At, JoinOffer Offer)? _seen;

    private HomeJoining(FirnHome home, NodeHome identity, string? name, InviteLine invite)
    {
        (_home, _identity, _name, _invite) = (home, identity, name, invite);
        _joiner = new Joiner(
            new JoinIdentity(identity.Name, identity.Did, VersionRange.Supported),
            new NodeCredentials(identity.Key, DateTimeOffset.UtcNow),
            DefaultTransports.ForDialling(),
            TimeProvider.System);
    }

    public string? HowToStart => _seen is { } seen ? JoinText.UpCommand(JoinOfferBody.Of(_invite, seen.At, seen.Offer, isJoined: true), _name) : null;

    /// <summary>With the identity that <c>firn up</c> will have, made if there is none; nobody else uses it meanwhile.</summary>
    public static async Task<IJoining> BeginAsync(FirnHome home, string? name, InviteLine invite, CancellationToken stop)
    {
        var unlocker = ToolPassphrases.Unlocker(stop);
        return new HomeJoining(home, await Task.Run(() => NodeHome.Acquire(home, name, DateTimeOffset.UtcNow, unlocker), stop), name, invite);
    }

    public async Task<JoinOfferBody> LookAsync(CancellationToken stop)
    {
        _seen = await _joiner.LookAsync(_invite, stop);
        return JoinOfferBody.Of(_invite, _seen.Value.At, _seen.Value.Offer, isJoined: false);
    }

    public async Task<JoinOfferBody> TakeAsync(CancellationToken stop)
    {
        var (at, offer) = _seen!.Value;
        var grant = await _joiner.TakeAsync(_invite, at, offer, stop);
        using (grant.Cookie)
            JoinedHome.Keep(_home, _invite, grant, DateTimeOffset.UtcNow);
        return JoinOfferBody.Of(_invite, at, offer, isJoined: true);
    }

    public void Dispose() => _identity.Dispose();
}
