using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>Why a signed peer record is refused.</summary>
internal enum PeerRecordFault
{
    None,

    /// <summary>Over 1,024 bytes.</summary>
    TooLarge,

    /// <summary>Not a record, or a field outside its limits.</summary>
    Malformed,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>It claims to be good for longer than a day from now.</summary>
    TooLong,

    /// <summary>An address that is neither literal nor the DNS name of a web server, or that names a node or no port.</summary>
    BadAddress,

    /// <summary>Not signed by the node that it speaks of.</summary>
    NotSignedBySubject,
}

/// <summary>
/// Where a node can be reached, in its own words: peers pass it on as they received it, and can neither make nor change one.
/// Of two records of one DID the one with the higher sequence counts.
/// </summary>
internal sealed record PeerRecord(
    Did Did, NodeName Name, ulong Sequence, DateTimeOffset ExpiresAt, IReadOnlyList<NodeAddress> Addresses)
{
    public const int MaxLength = 1024;
    public const int MaxAddresses = 8;

    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(24);

    /// <summary>Whom it speaks of.</summary>
    public PeerKey Peer => new(Did, Name);

    /// <summary>Makes the SignedPeerRecord, in bytes, of the node with this identity key.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: an address cannot be told, or there are too many.</exception>
    public static byte[] Sign(
        ECDsa identity, NodeName name, ulong sequence, DateTimeOffset expiresAt, IReadOnlyList<NodeAddress> addresses)
    {
        if (addresses.Count > MaxAddresses || !addresses.All(MeshAddresses.IsTellable))
        {
            throw new FirnException(
                FailureReason.InvalidInput, $"A peer record holds up to {MaxAddresses} addresses with a port and no name, literal except those of ws and wss.");
        }

        byte[] record = new Wire.PeerRecord
        {
            Did = ByteString.CopyFrom(LeafProfile.DidOf(identity).Point),
            Name = name.ToString(),
            Sequence = sequence,
            ExpiresUnixMs = ToUnixMs(expiresAt),
            Addresses = { addresses.Select(static address => address.ToString()) },
        }.ToByteArray();
        byte[] signature = identity.SignData(
            [.. Labels.PeerRecord, .. record], HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new Wire.SignedPeerRecord
        {
            Record = ByteString.CopyFrom(record),
            Signature = ByteString.CopyFrom(signature),
        }.ToByteArray();
    }

    /// <summary>Reads a SignedPeerRecord as a peer passed it on. The signature is checked last: it costs the most.</summary>
    public static bool TryVerify(
        ReadOnlySpan<byte> bytes, DateTimeOffset now, [NotNullWhen(true)] out PeerRecord? record, out PeerRecordFault fault)
    {
        record = null;
        if (bytes.Length > MaxLength)
        {
            fault = PeerRecordFault.TooLarge;
            return false;
        }

        try
        {
            var signed = Wire.SignedPeerRecord.Parser.ParseFrom(bytes);
            fault = Check(signed, Wire.PeerRecord.Parser.ParseFrom(signed.Record), now, out record);
        }
        catch (InvalidProtocolBufferException)
        {
            fault = PeerRecordFault.Malformed;
        }

        return record is not null;
    }

    /// <summary>Whom a record claims to speak of, before anything of it is verified; false when it is malformed.</summary>
    public static bool TryPeek(Wire.SignedPeerRecord signed, out PeerKey subject, out ulong sequence)
    {
        (subject, sequence) = (default, 0);
        if (signed.CalculateSize() > MaxLength || !TryParse(signed, out var wire) || wire.Did.Length != Did.PointLength
            || !NodeName.TryParse(wire.Name, out var name, out _))
        {
            return false;
        }

        (subject, sequence) = (new PeerKey(Did.FromValidPoint(wire.Did.Span), name), wire.Sequence);
        return true;
    }

    /// <summary>As <see cref="TryVerify"/>, for one of the records of a frame; null when it is refused.</summary>
    public static PeerRecord? Verify(Wire.SignedPeerRecord signed, DateTimeOffset now) =>
        signed.CalculateSize() <= MaxLength && TryParse(signed, out var wire) && Check(signed, wire, now, out var record) == PeerRecordFault.None
            ? record
            : null;

    private static bool TryParse(Wire.SignedPeerRecord signed, [NotNullWhen(true)] out Wire.PeerRecord? wire)
    {
        try
        {
            wire = Wire.PeerRecord.Parser.ParseFrom(signed.Record);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            wire = null;
            return false;
        }
    }

    private static PeerRecordFault Check(Wire.SignedPeerRecord signed, Wire.PeerRecord wire, DateTimeOffset now, out PeerRecord? record)
    {
        record = null;
        if (!NodeName.TryParse(wire.Name, out var name, out _) || wire.Addresses.Count > MaxAddresses)
            return PeerRecordFault.Malformed;
        if (wire.ExpiresUnixMs <= ToUnixMs(now))
            return PeerRecordFault.Expired;
        if (wire.ExpiresUnixMs > ToUnixMs(now + MaxLifetime + LeafProfile.ClockSkew))
            return PeerRecordFault.TooLong;

        var addresses = new NodeAddress[wire.Addresses.Count];
        for (int i = 0; i < addresses.Length; i++)
        {
            if (!NodeAddress.TryParse(wire.Addresses[i], out addresses[i]!, out _) || !MeshAddresses.IsTellable(addresses[i]))
                return PeerRecordFault.BadAddress;
        }

        if (!P256Point.TryDecompress(wire.Did.Span, out var subject))
            return PeerRecordFault.Malformed;
        if (!IsSignedBy(subject, signed))
            return PeerRecordFault.NotSignedBySubject;

        var expiresAt = DateTimeOffset.FromUnixTimeMilliseconds((long)wire.ExpiresUnixMs);
        record = new PeerRecord(Did.FromValidPoint(wire.Did.Span), name, wire.Sequence, expiresAt, addresses);
        return PeerRecordFault.None;
    }

    private static bool IsSignedBy(ECPoint subject, Wire.SignedPeerRecord signed)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = subject });
        return key.VerifyData(
            [.. Labels.PeerRecord, .. signed.Record.Span],
            signed.Signature.Span,
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static ulong ToUnixMs(DateTimeOffset time) => (ulong)Math.Max(0, time.ToUnixTimeMilliseconds());
}
