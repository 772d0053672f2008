using System.Security.Cryptography;
using Google.Protobuf;

namespace Firn.Protocol.Tests;

/// <summary>Peer records of any kind: what their subject has signed, or a fault.</summary>
public sealed class RecordFuzzTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly NodeName Name = NodeName.Parse("a@alpha");

    private readonly ECDsa _identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _honest;

    public RecordFuzzTests() => _honest = PeerRecord.Sign(
        _identity, Name, 7, Now.AddHours(24), [NodeAddress.Parse("tcp://10.0.0.1:3476"), NodeAddress.Parse("quic://[fd00::1]:3476")]);

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void Any_bytes_are_refused_but_those_that_the_subject_signed()
    {
        var subject = LeafProfile.DidOf(_identity);
        Fuzz.Run(mutator =>
        {
            byte[] bytes = mutator.Chance(8) ? mutator.Bytes(300) : mutator.Mutate(_honest);
            bool isGood = PeerRecord.TryVerify(bytes, Now, out var record, out var fault);
            isGood.ShouldBe(fault == PeerRecordFault.None);
            if (isGood)
                (record!.Did, record.Name, record.Sequence).ShouldBe((subject, Name, 7ul));   // whatever came around what was signed
        });
    }

    [Fact]
    public void A_rogues_record_of_any_content_under_its_good_signature_is_read_or_refused()
    {
        byte[] honest = Wire.SignedPeerRecord.Parser.ParseFrom(_honest).Record.ToByteArray();
        Fuzz.Run(Fuzz.SignedCases, mutator =>
        {
            byte[] content = mutator.Mutate(honest);
            var signed = new Wire.SignedPeerRecord
            {
                Record = ByteString.CopyFrom(content),
                Signature = ByteString.CopyFrom(_identity.SignData([.. "firn/1 peer record"u8, .. content], HashAlgorithmName.SHA256)),
            };
            bool isPeeked = PeerRecord.TryPeek(signed, out var subject, out ulong sequence);
            if (PeerRecord.Verify(signed, Now) is not { } record)
                return;

            isPeeked.ShouldBeTrue();
            (record.Peer, record.Sequence).ShouldBe((subject, sequence));
            record.ExpiresAt.ShouldBeInRange(Now, Now.AddHours(25));
            record.Addresses.Count.ShouldBeLessThanOrEqualTo(PeerRecord.MaxAddresses);
            PeerRecord.Sign(_identity, record.Name, sequence, record.ExpiresAt, record.Addresses);   // takes only what is valid
        });
    }

    [Fact]
    public void Any_payload_of_records_parses_and_is_peeked_into_or_is_refused()
    {
        var good = Wire.SignedPeerRecord.Parser.ParseFrom(_honest);
        byte[] honest = new Wire.PeerRecords { Records = { good, good } }.ToByteArray();
        Fuzz.Run(mutator =>
        {
            byte[] payload = mutator.Chance(8) ? mutator.Bytes(300) : mutator.Mutate(honest);
            if (Parse(Wire.PeerRecords.Parser, payload) is not { } told)
                return;
            foreach (var signed in told.Records)
                PeerRecord.TryPeek(signed, out _, out _);
        });
    }

    [Fact]
    public void Any_payload_of_a_Close_parses_or_is_refused()
    {
        byte[] honest = new Wire.Close { Reason = Wire.CloseReason.Timeout, Detail = "no life for 30 s" }.ToByteArray();
        Fuzz.Run(mutator => Parse(Wire.Close.Parser, mutator.Chance(8) ? mutator.Bytes(300) : mutator.Mutate(honest)));
    }

    /// <summary>As a session reads a frame: a malformed one is null, any other exception passes through.</summary>
    private static T? Parse<T>(MessageParser<T> parser, byte[] payload)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
