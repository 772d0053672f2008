using Google.Protobuf;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol.Tests;

/// <summary>Signs peer records by writing them down: a record is genuine if it was made here.</summary>
internal sealed class SimRecords
{
    private readonly Dictionary<ByteString, PeerRecord> _made = [];

    public SignedPeerRecord Sign(PeerKey peer, ulong sequence, DateTimeOffset expiresAt, IReadOnlyList<NodeAddress> addresses)
    {
        var wire = new Wire.PeerRecord
        {
            Did = ByteString.CopyFrom(peer.Did.Point),
            Name = peer.Name.ToString(),
            Sequence = sequence,
            ExpiresUnixMs = (ulong)expiresAt.ToUnixTimeMilliseconds(),
            Addresses = { addresses.Select(a => a.ToString()) },
        };
        var signature = ByteString.CopyFrom([.. BitConverter.GetBytes(_made.Count + 1), .. new byte[60]]);
        _made[signature] = new PeerRecord(peer.Did, peer.Name, sequence, expiresAt, addresses);
        return new SignedPeerRecord { Record = wire.ToByteString(), Signature = signature };
    }

    public PeerRecord? Verify(SignedPeerRecord signed, DateTimeOffset wallNow) =>
        _made.TryGetValue(signed.Signature, out var record) && record.ExpiresAt > wallNow ? record : null;

    public IReadOnlyList<VerifiedRecord> Verify(IEnumerable<SignedPeerRecord> told, DateTimeOffset wallNow) =>
        [.. told.Where(signed => Verify(signed, wallNow) is not null).Select(signed => new VerifiedRecord(_made[signed.Signature], signed))];
}
