using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Firn.Tests.Serialization;

public class ProtobufMessageSerializerTests
{
    private static readonly ProtobufMessageSerializer Protobuf = ProtobufMessageSerializer.Default;

    [Fact]
    public void Messages_are_their_protobuf_bytes_and_read_back()
    {
        var message = new Struct { Fields = { ["a"] = Value.ForString("x"), ["b"] = Value.ForList(Value.ForNumber(1), Value.ForNull()) } };
        Bytes.Of(message, Protobuf).ShouldBe(message.ToByteArray());
        Bytes.Copy(message, Protobuf).ShouldBe(message);
        Bytes.Copy(new Empty(), Protobuf).ShouldBe(new Empty());
    }

    [Fact]
    public void What_is_no_protobuf_message_is_refused_at_both_ends()
    {
        var sending = Should.Throw<FirnException>(() => Bytes.Of(new Add(1), Protobuf));
        sending.Reason.ShouldBe(FailureReason.NotSerializable);
        sending.Message.ShouldStartWith("Add is no protobuf message");
        Should.Throw<FirnException>(() => Bytes.Read<Add>([], Protobuf)).Reason.ShouldBe(FailureReason.BadMessage);
        Should.Throw<FirnException>(() => Bytes.Read<IMessage>([], Protobuf)).Reason.ShouldBe(FailureReason.BadMessage);
        Should.Throw<FirnException>(() => Bytes.Of<Empty>(null!, Protobuf)).Message.ShouldContain("no null");
    }

    [Fact]
    public void Bytes_that_are_cut_off_or_nested_without_end_are_refused()
    {
        byte[] good = Bytes.Of(Value.ForString("hello"), Protobuf);
        Should.Throw<FirnException>(() => Bytes.Read<Value>(good[..^1], Protobuf)).Reason.ShouldBe(FailureReason.BadMessage);

        var deep = Value.ForNumber(1);
        for (int i = 0; i < 200; i++)
            deep = Value.ForList(deep);
        var e = Should.Throw<FirnException>(() => Bytes.Read<Value>(deep.ToByteArray(), Protobuf));
        e.Reason.ShouldBe(FailureReason.BadMessage);
        e.Message.ShouldStartWith("What came cannot be read as Value: ");
    }
}
