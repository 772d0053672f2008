using System.Security.Cryptography;
using Google.Protobuf;

namespace Firn.Protocol.Tests.Mesh;

public sealed class PeerRecordTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly NodeName Name = NodeName.Parse("a@alpha");
    private static readonly NodeAddress[] Addresses =
        [NodeAddress.Parse("tcp://10.0.0.1:3476"), NodeAddress.Parse("quic://[fd00::1]:3476")];

    private readonly ECDsa _identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void A_record_verifies_as_its_subject_signed_it()
    {
        PeerRecord.TryVerify(Sign(), Now, out var record, out var fault).ShouldBeTrue();
        fault.ShouldBe(PeerRecordFault.None);
        record.ShouldNotBeNull().ShouldSatisfyAllConditions(
            r => r.Did.ShouldBe(LeafProfile.DidOf(_identity)),
            r => r.Name.ShouldBe(Name),
            r => r.Sequence.ShouldBe(7ul),
            r => r.ExpiresAt.ShouldBe(Now.AddHours(24)),
            r => r.Addresses.ShouldBe(Addresses));
    }

    [Fact]
    public void A_full_record_stays_within_its_limit()
    {
        var name = NodeName.Parse(new string('n', 64) + "@" + string.Join('.', Enumerable.Repeat(new string('h', 62), 4)));
        var longest = NodeAddress.Parse("quic://[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
        var addresses = Enumerable.Repeat(longest, PeerRecord.MaxAddresses).ToArray();
        byte[] bytes = PeerRecord.Sign(_identity, name, ulong.MaxValue, Now.AddHours(24), addresses);
        bytes.Length.ShouldBeLessThanOrEqualTo(PeerRecord.MaxLength);
        PeerRecord.TryVerify(bytes, Now, out _, out _).ShouldBeTrue();
    }

    [Fact]
    public void A_record_counts_until_it_expires()
    {
        byte[] bytes = Sign();
        PeerRecord.TryVerify(bytes, Now.AddHours(24).AddMilliseconds(-1), out _, out _).ShouldBeTrue();
        Refused(bytes, PeerRecordFault.Expired, Now.AddHours(24));
    }

    [Fact]
    public void A_record_for_more_than_a_day_is_refused_but_for_the_skew_of_clocks()
    {
        PeerRecord.TryVerify(Sign(Now.AddHours(25)), Now, out _, out _).ShouldBeTrue();
        Refused(Sign(Now.AddHours(25).AddMilliseconds(1)), PeerRecordFault.TooLong);
        Refused(Forge(record => record.ExpiresUnixMs = ulong.MaxValue), PeerRecordFault.TooLong);
    }

    [Fact]
    public void A_record_signed_by_somebody_else_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = ByteString.CopyFrom(LeafProfile.DidOf(other).Point);
        Refused(Forge(record => record.Did = point), PeerRecordFault.NotSignedBySubject);
    }

    [Fact]
    public void A_signature_without_the_label_is_one_for_another_purpose()
    {
        var signed = Wire.SignedPeerRecord.Parser.ParseFrom(Sign());
        signed.Signature = ByteString.CopyFrom(_identity.SignData(signed.Record.Span, HashAlgorithmName.SHA256));
        Refused(signed.ToByteArray(), PeerRecordFault.NotSignedBySubject);
    }

    [Fact]
    public void Every_changed_byte_is_refused()
    {
        byte[] bytes = Sign();
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= (byte)(1 << (i % 8));
            PeerRecord.TryVerify(changed, Now, out var record, out var fault).ShouldBeFalse($"byte {i}");
            record.ShouldBeNull();
            fault.ShouldNotBe(PeerRecordFault.None);
        }
    }

    [Theory]
    [InlineData("tcp://alpha.lan:3476")]
    [InlineData("tcp://b@10.0.0.1:3476")]
    [InlineData("tcp://10.0.0.1:0")]
    [InlineData("nonsense://")]
    public void Only_literal_addresses_are_told(string address)
    {
        Refused(Forge(record => record.Addresses.Add(address)), PeerRecordFault.BadAddress);
        if (NodeAddress.TryParse(address, out var parsed, out _))
            Should.Throw<FirnException>(() => PeerRecord.Sign(_identity, Name, 1, Now.AddHours(1), [parsed]));
    }

    [Fact]
    public void A_record_outside_its_limits_is_refused()
    {
        Refused(new byte[1025], PeerRecordFault.TooLarge);
        Refused([0xFF], PeerRecordFault.Malformed);
        Refused([], PeerRecordFault.Malformed);
        Refused(Forge(record => record.Name = "a"), PeerRecordFault.Malformed);
        Refused(Forge(record => record.Did = ByteString.CopyFrom(new byte[33])), PeerRecordFault.Malformed);
        Refused(Forge(record => record.Addresses.AddRange(Enumerable.Repeat("10.0.0.1:1", 9))), PeerRecordFault.Malformed);
        var nine = Enumerable.Repeat(Addresses[0], 9).ToArray();
        Should.Throw<FirnException>(() => PeerRecord.Sign(_identity, Name, 1, Now.AddHours(1), nine)).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    private byte[] Sign(DateTimeOffset? expires = null) =>
        PeerRecord.Sign(_identity, Name, 7, expires ?? Now.AddHours(24), Addresses);

    /// <summary>A record with other content under a good signature of this identity.</summary>
    private byte[] Forge(Action<Wire.PeerRecord> change)
    {
        var record = Wire.PeerRecord.Parser.ParseFrom(Wire.SignedPeerRecord.Parser.ParseFrom(Sign()).Record);
        change(record);
        byte[] bytes = record.ToByteArray();
        byte[] signature = _identity.SignData([.. "firn/1 peer record"u8, .. bytes], HashAlgorithmName.SHA256);
        return new Wire.SignedPeerRecord
        {
            Record = ByteString.CopyFrom(bytes),
            Signature = ByteString.CopyFrom(signature),
        }.ToByteArray();
    }

    private static void Refused(byte[] bytes, PeerRecordFault fault, DateTimeOffset? now = null)
    {
        PeerRecord.TryVerify(bytes, now ?? Now, out _, out var found).ShouldBeFalse();
        found.ShouldBe(fault);
    }
}
