using System.Security.Cryptography;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>A node's leaves: a fresh key per leaf, signed by the identity key, renewed at half of its validity.</summary>
internal sealed class NodeCredentials
{
    private const int SerialLength = 16;

    private readonly Lock _renewing = new();
    private readonly ECDsa _identity;
    private readonly TimeSpan _validity;
    private volatile LeafCredential _current;

    /// <summary>
    /// Issues the first leaf, valid for <paramref name="validity"/> (7 days unless given). The <paramref name="identity"/> key stays
    /// its owner's.
    /// </summary>
    public NodeCredentials(ECDsa identity, DateTimeOffset now, TimeSpan? validity = null)
    {
        (_identity, _validity, Did) = (identity, validity ?? LeafProfile.DefaultValidity, LeafProfile.DidOf(identity));
        _current = Issue(now);
    }

    public Did Did { get; }

    /// <summary>The leaf for new connections. Existing ones keep theirs.</summary>
    public LeafCredential Current => _current;

    /// <summary>
    /// The leaf for a connection that is made <paramref name="now"/>: a new one if its time has come while nobody looked, as when the
    /// machine has slept.
    /// </summary>
    public LeafCredential For(DateTimeOffset now)
    {
        Renew(now);
        return _current;
    }

    /// <summary>When <see cref="Renew"/> will next do something.</summary>
    public DateTimeOffset RenewAt => _current.NotAfter - (_validity / 2);

    /// <summary>
    /// Issues a new leaf if half of the current one's validity has gone, or if the clock was set back to before it; true if it did.
    /// From any thread.
    /// </summary>
    public bool Renew(DateTimeOffset now)
    {
        lock (_renewing)
        {
            bool isValidYet = now >= _current.NotAfter - _validity - LeafProfile.ClockSkew;
            if (now < RenewAt && isValidYet)
                return false;
            _current = Issue(now);
            return true;
        }
    }

    private LeafCredential Issue(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serial = RandomNumberGenerator.GetBytes(SerialLength);
        return new LeafCredential(Did, CredentialIssuer.IssueLeaf(_identity, key, serial, now, _validity), key);
    }
}
