using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>
/// One identity's word that another takes its place, and that one's word that it does: 202 bytes, each at its place, so there is one
/// spelling. Facts: the old key's compressed point (33), the new one's (33), the time in milliseconds since 1970 (8); then the signatures of
/// both keys over the facts (r ‖ s, 64 each), each behind its own label.
/// </summary>
internal sealed record RotationStatement
{
    public const int Length = FactsLength + (2 * SignatureLength);

    private const int FactsLength = (2 * Did.PointLength) + sizeof(ulong);
    private const int SignatureLength = 64;

    private readonly byte[] _bytes;

    private RotationStatement(byte[] bytes) => (_bytes, Old, New) =
        (bytes, Did.FromValidPoint(bytes.AsSpan(0, Did.PointLength)), Did.FromValidPoint(bytes.AsSpan(Did.PointLength, Did.PointLength)));

    /// <summary>Who retires.</summary>
    public Did Old { get; }

    /// <summary>Who takes its place.</summary>
    public Did New { get; }

    /// <summary>When it was signed, by the clock there: for people, nothing is decided by it.</summary>
    public ulong UnixMilliseconds => BinaryPrimitives.ReadUInt64BigEndian(Facts[(2 * Did.PointLength)..]);

    /// <summary>The statement as it goes over the wire and into files.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    private ReadOnlySpan<byte> Facts => _bytes.AsSpan(0, FactsLength);

    public static RotationStatement Sign(ECDsa oldKey, ECDsa newKey, DateTimeOffset now)
    {
        var bytes = new byte[Length];
        LeafProfile.DidOf(oldKey).Point.CopyTo(bytes);
        LeafProfile.DidOf(newKey).Point.CopyTo(bytes.AsSpan(Did.PointLength));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(2 * Did.PointLength), (ulong)Math.Max(0, now.ToUnixTimeMilliseconds()));
        var facts = bytes.AsSpan(0, FactsLength);
        Sign(oldKey, Labels.RotationByOld, facts).CopyTo(bytes, FactsLength);
        Sign(newKey, Labels.RotationByNew, facts).CopyTo(bytes, FactsLength + SignatureLength);
        return new RotationStatement(bytes);
    }

    /// <summary>Reads a statement, without a look at its signatures: those cost, and not every statement matters.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out RotationStatement? statement)
    {
        statement = null;
        if (bytes.Length != Length || !IsCompressed(bytes) || !IsCompressed(bytes[Did.PointLength..])
            || bytes[..Did.PointLength].SequenceEqual(bytes.Slice(Did.PointLength, Did.PointLength)))
        {
            return false;
        }

        statement = new RotationStatement(bytes.ToArray());
        return true;
    }

    /// <summary>Whether both keys have signed it; two signature checks at most.</summary>
    public bool IsGenuine() =>
        IsSigned(Old, Labels.RotationByOld, _bytes.AsSpan(FactsLength, SignatureLength))
        && IsSigned(New, Labels.RotationByNew, _bytes.AsSpan(FactsLength + SignatureLength));

    public bool Equals(RotationStatement? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    public override int GetHashCode() => New.GetHashCode();

    private static bool IsCompressed(ReadOnlySpan<byte> point) => point[0] is 2 or 3;

    private static byte[] Sign(ECDsa key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> facts) =>
        key.SignData([.. label, .. facts], HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private bool IsSigned(Did by, ReadOnlySpan<byte> label, ReadOnlySpan<byte> signature)
    {
        if (!P256Point.TryDecompress(by.Point, out var point))
            return false;
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        return key.VerifyData(
            [.. label, .. Facts], signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
