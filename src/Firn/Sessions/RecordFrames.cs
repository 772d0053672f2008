using Firn.Protocol;
using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Sessions;

/// <summary>Packs peer records into frames.</summary>
internal static class RecordFrames
{
    private const int FieldOverhead = 8;

    /// <summary>As many payloads as it takes: one holds what fits, a record is far smaller.</summary>
    public static IEnumerable<byte[]> Pack(IReadOnlyList<SignedPeerRecord> records)
    {
        var frame = new PeerRecords();
        int size = 0;
        foreach (var record in records)
        {
            int added = record.CalculateSize() + FieldOverhead;
            if (size + added > FrameHeader.DefaultMaxPayload)
            {
                yield return frame.ToByteArray();
                frame.Records.Clear();
                size = 0;
            }

            frame.Records.Add(record);
            size += added;
        }

        yield return frame.ToByteArray();
    }
}
