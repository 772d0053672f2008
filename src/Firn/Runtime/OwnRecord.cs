using System.Net.NetworkInformation;
using Firn.Protocol;
using Microsoft.Extensions.Logging;

namespace Firn.Runtime;

/// <summary>
/// Keeps the node's own words about itself fresh: the signed record of where it lives, and its leaf. Both are renewed long
/// before they expire, the record also when the machine's addresses change.
/// </summary>
internal sealed partial class OwnRecord(NodeCore node) : Scheduled, IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // By the wall clock, which goes on while a machine sleeps; that is why it is looked at this often.
    private const long CheckMilliseconds = 10 * 60_000;

    private IReadOnlyList<NodeAddress> _addresses = [];
    private DateTimeOffset _announcedAt;
    private ulong _sequence;

    public void Start()
    {
        NetworkChange.NetworkAddressChanged += OnAddressChanged;
        node.Schedule.Set(this, node.Clock.Now);
    }

    public override long OnDue(long now)
    {
        var wall = node.Clock.Wall;
        node.Setup.Credentials.Renew(wall);
        var addresses = AddressesNow();
        bool isFresh = wall >= _announcedAt && wall < _announcedAt + (Lifetime / 2);
        if (!isFresh || !addresses.SequenceEqual(_addresses))
            Announce(addresses, wall);
        return now + CheckMilliseconds;
    }

    public void Dispose() => NetworkChange.NetworkAddressChanged -= OnAddressChanged;

    private void OnAddressChanged(object? sender, EventArgs e) => node.Schedule.Set(this, node.Clock.Now);

    private IReadOnlyList<NodeAddress> AddressesNow()
    {
        try
        {
            return OwnAddresses.Of(node.Setup.Advertised, node.Acceptor.Bound);
        }
        catch (NetworkInformationException e)
        {
            LogNoAddresses(node.Logger, e);
            return _addresses;
        }
    }

    private void Announce(IReadOnlyList<NodeAddress> addresses, DateTimeOffset wall)
    {
        (_addresses, _announcedAt) = (addresses, wall);
        var setup = node.Setup;
        _sequence = Math.Max(_sequence + 1, Math.Max((ulong)wall.ToUnixTimeMilliseconds(), setup.Identity.Incarnation.Value));
        var signed = Protocol.Wire.SignedPeerRecord.Parser.ParseFrom(
            PeerRecord.Sign(setup.Identity.Key, setup.Self.Name, _sequence, wall + Lifetime, addresses));
        node.Tell((rules, _) => rules.SetOwnRecord(signed));
        try
        {
            _ = node.DescribeAsync(said => said with { Addresses = addresses });
        }
        catch (FirnException e)
        {
            LogNotDescribed(node.Logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The addresses of this machine cannot be read; peers go by those they know")]
    private static partial void LogNoAddresses(ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Peers are not told this node's addresses: {Why}")]
    private static partial void LogNotDescribed(ILogger logger, string why);
}
