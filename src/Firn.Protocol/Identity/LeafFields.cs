using System.Formats.Asn1;

namespace Firn.Protocol;

/// <summary>The fields of an X.509 certificate (RFC 5280, section 4.1) that Firn looks at, as they stand in its DER.</summary>
internal sealed class LeafFields
{
    private const int LastYearOfUtcTime = 2049;   // RFC 5280, section 4.1.2.5.1
    private const int MaxExtensions = 16;
    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3);

    /// <exception cref="AsnContentException">Not DER, not version 3, or a critical extension that is not understood.</exception>
    public LeafFields(ReadOnlyMemory<byte> der)
    {
        var certificate = OnlySequenceOf(der);
        ToBeSigned = certificate.PeekEncodedValue();
        var body = certificate.ReadSequence();
        OuterAlgorithm = ReadWhole(certificate, Asn1Tag.Sequence);
        Signature = certificate.ReadBitString(out int unusedBits);
        Expect(unusedBits == 0, "The signature is not made of bytes.");
        certificate.ThrowIfNotEmpty();

        ReadVersion(body);
        Expect(body.ReadIntegerBytes().Length <= 21, "The serial number is too long.");
        InnerAlgorithm = ReadWhole(body, Asn1Tag.Sequence);
        _ = ReadWhole(body, Asn1Tag.Sequence);   // issuer
        var validity = body.ReadSequence();
        (NotBefore, NotAfter) = (ReadTime(validity), ReadTime(validity));
        validity.ThrowIfNotEmpty();
        Expect(NotBefore <= NotAfter, "The validity ends before it begins.");
        _ = ReadWhole(body, Asn1Tag.Sequence);   // subject
        PublicKey = ReadWhole(body, Asn1Tag.Sequence);
        if (body.HasData)
            ReadExtensions(body);
        body.ThrowIfNotEmpty();
    }

    public ReadOnlyMemory<byte> ToBeSigned { get; }

    public ReadOnlyMemory<byte> InnerAlgorithm { get; }

    public ReadOnlyMemory<byte> OuterAlgorithm { get; }

    public byte[] Signature { get; }

    public ReadOnlyMemory<byte> PublicKey { get; }

    public DateTimeOffset NotBefore { get; }

    public DateTimeOffset NotAfter { get; }

    /// <summary>What the identity extension holds; null when there is none.</summary>
    public byte[]? Identity { get; private set; }

    private static AsnReader OnlySequenceOf(ReadOnlyMemory<byte> der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var sequence = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        return sequence;
    }

    private static ReadOnlyMemory<byte> ReadWhole(AsnReader reader, Asn1Tag tag)
    {
        Expect(reader.PeekTag().HasSameClassAndValue(tag), "A field is missing.");
        return reader.ReadEncodedValue();
    }

    private static void ReadVersion(AsnReader body)
    {
        var version = body.ReadSequence(VersionTag);
        Expect(version.TryReadInt32(out int number) && number == 2, "It is not X.509 version 3.");
        version.ThrowIfNotEmpty();
    }

    private static DateTimeOffset ReadTime(AsnReader validity) =>
        validity.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime)
            ? validity.ReadUtcTime(LastYearOfUtcTime)
            : validity.ReadGeneralizedTime();

    private void ReadExtensions(AsnReader body)
    {
        var wrapper = body.ReadSequence(ExtensionsTag);
        var extensions = wrapper.ReadSequence();
        wrapper.ThrowIfNotEmpty();

        for (int count = 1; extensions.HasData; count++)
        {
            Expect(count <= MaxExtensions, "It has too many extensions.");
            var extension = extensions.ReadSequence();
            var oid = ReadWhole(extension, Asn1Tag.ObjectIdentifier).Span;
            bool isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            var value = extension.ReadOctetString();
            extension.ThrowIfNotEmpty();

            if (oid.SequenceEqual(LeafProfile.IdentityOidDer))
            {
                Expect(Identity is null, "It names two identities.");
                var content = new AsnReader(value, AsnEncodingRules.DER);
                Identity = content.ReadOctetString();
                content.ThrowIfNotEmpty();
            }
            else
            {
                Expect(!isCritical || LeafProfile.IsUnderstood(oid, value), "It has a critical extension that Firn does not understand.");
            }
        }
    }

    private static void Expect(bool condition, string problem)
    {
        if (!condition)
            throw new AsnContentException(problem);
    }
}
