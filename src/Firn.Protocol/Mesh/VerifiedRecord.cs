using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol;

/// <summary>A told record that its subject has signed.</summary>
internal readonly record struct VerifiedRecord(PeerRecord Record, SignedPeerRecord Signed)
{
    /// <summary>Those of <paramref name="told"/> that are genuine; some 100 µs for each.</summary>
    public static IReadOnlyList<VerifiedRecord> Check(IReadOnlyList<SignedPeerRecord> told, DateTimeOffset wallNow)
    {
        var genuine = new List<VerifiedRecord>(told.Count);
        foreach (var signed in told)
        {
            if (PeerRecord.Verify(signed, wallNow) is { } record)
                genuine.Add(new VerifiedRecord(record, signed));
        }

        return genuine;
    }
}
