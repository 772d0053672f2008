using System.Net.NetworkInformation;
using Firn.Protocol;

namespace Firn.Runtime;

/// <summary>
/// Keeps the node's own words about itself fresh: the signed record of where it lives, and its leaf. Both are renewed long
/// before they expire, the record also when the machine's addresses change.
/// </summary>
internal sealed class OwnRecord : Scheduled, IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);
    private const long RenewMilliseconds = 12 * 3600 * 1000L;

    private readonly NodeCore _node;
    private ulong _sequence;

    public OwnRecord(NodeCore node)
    {
        _node = node;
        NetworkChange.NetworkAddressChanged += OnAddressChanged;
    }

    /// <summary>Addresses as last announced.</summary>
    public IReadOnlyList<NodeAddress> Addresses { get; private set; } = [];

    public override long OnDue(long now)
    {
        _node.Setup.Credentials.Renew(_node.Clock.Wall);
        Announce();
        return now + RenewMilliseconds;
    }

    public void Dispose() => NetworkChange.NetworkAddressChanged -= OnAddressChanged;

    private void OnAddressChanged(object? sender, EventArgs e)
    {
        if (!OwnAddresses.Of(_node.Acceptor.Bound).SequenceEqual(Addresses))
            _node.Schedule.Set(this, _node.Clock.Now);
    }

    private void Announce()
    {
        var wall = _node.Clock.Wall;
        Addresses = OwnAddresses.Of(_node.Acceptor.Bound);
        _sequence = Math.Max(_sequence + 1, (ulong)wall.ToUnixTimeMilliseconds());
        var signed = Protocol.Wire.SignedPeerRecord.Parser.ParseFrom(
            PeerRecord.Sign(_node.Setup.Identity.Key, _node.Setup.Self.Name, _sequence, wall + Lifetime, Addresses));
        _node.Tell((rules, _) => rules.SetOwnRecord(signed));
        if (!_node.Description.Addresses.SequenceEqual(Addresses))
            _node.Describe(_node.Description with { Addresses = Addresses });
    }
}
