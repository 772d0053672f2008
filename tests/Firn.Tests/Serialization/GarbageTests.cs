using System.Buffers;
using System.Text;
using System.Text.Json;
using Firn.Protocol.Tests;
using Firn.Serialization;
using Google.Protobuf.WellKnownTypes;

namespace Firn.Tests.Serialization;

/// <summary>Whatever bytes come: a value, or a <see cref="FirnException"/> that says BadMessage.</summary>
public class GarbageTests
{
    private static readonly byte[][] GoodJson =
    [
        "{\"N\":2,\"Note\":\"x\"}"u8.ToArray(),
        Bytes.Of(new Order("o", [new("i", 1)], new() { ["p"] = 1.5m }, DateTimeOffset.UnixEpoch, (1, 2))),
        Encoding.UTF8.GetBytes("""{"From":"pid:none","Counter":"pid:00000000000000ff/1/a@b/did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169","Maybe":null,"Scores":{"pid:none":1}}"""),
        "[[[1,2.5e3,true,null,\"\\u00e9\\ud83d\\ude00\"]]]"u8.ToArray(),
        "null"u8.ToArray(),
    ];

    private static readonly Action<byte[], MessageSerializer>[] Readers =
    [
        Read<Add>, Read<Order>, Read<Greeting>, Read<int>, Read<string>, Read<Guid>, Read<DateTimeOffset>, Read<Uri>, Read<decimal?>,
    ];

    private static readonly Action<byte[], MessageSerializer>[] ReflectingReaders =
    [
        Read<Tree>, Read<Box>, Read<object>, Read<JsonElement>, Read<Dictionary<string, int[]>>, Read<(int, string)>, Read<DayOfWeek>, Read<Pid<Add>>,
    ];

    [Fact]
    public void Damaged_JSON_is_read_or_refused() => Fuzz.Run(mutator =>
    {
        byte[] bytes = mutator.Chance(8) ? mutator.Bytes(60) : mutator.Mutate(mutator.Pick(GoodJson));
        mutator.Pick(Readers)(bytes, JsonMessageSerializer.Default);
        mutator.Pick(ReflectingReaders)(bytes, JsonMessageSerializer.Default);
        Readers[mutator.Next(3)](bytes, FromContext);
    });

    [Fact]
    public void Damaged_protobuf_is_read_or_refused() => Fuzz.Run(mutator =>
    {
        var good = new Struct { Fields = { ["a"] = Value.ForString("x"), ["b"] = Value.ForList(Value.ForBool(true), Value.ForNumber(2)) } };
        byte[] bytes = mutator.Chance(8) ? mutator.Bytes(60) : mutator.Mutate(Bytes.Of(good, ProtobufMessageSerializer.Default));
        Read<Struct>(bytes, ProtobufMessageSerializer.Default);
        Read<Timestamp>(bytes, ProtobufMessageSerializer.Default);
    });

    [Fact]
    public void A_serializer_of_ones_own_may_throw_what_it_likes()
    {
        var broken = new Broken();
        var writing = Should.Throw<FirnException>(() => Bytes.Of(new Add(1), broken));
        (writing.Reason, writing.Message).ShouldBe((FailureReason.NotSerializable, "Add cannot be sent: not today"));
        var reading = Should.Throw<FirnException>(() => Bytes.Read<Add>([], broken));
        (reading.Reason, reading.Message).ShouldBe((FailureReason.BadMessage, "What came cannot be read as Add: nor tomorrow"));
        reading.InnerException.ShouldBeOfType<FormatException>();
    }

    private static JsonMessageSerializer FromContext { get; } = new(TestContext.Default);

    private static void Read<T>(byte[] bytes, MessageSerializer serializer)
    {
        try
        {
            Payloads.ReadReply<T>(Bytes.InPieces(bytes, 11), serializer, null);
        }
        catch (FirnException e)
        {
            e.Reason.ShouldBe(FailureReason.BadMessage);
            e.Message.Length.ShouldBeLessThan(700);
        }
    }

    private sealed class Broken : MessageSerializer
    {
        public override void Serialize<T>(T value, IBufferWriter<byte> output) => throw new InvalidOperationException("not today");

        public override T Deserialize<T>(in ReadOnlySequence<byte> input) => throw new FormatException("nor tomorrow");
    }
}
