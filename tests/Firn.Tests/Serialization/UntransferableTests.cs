using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf.WellKnownTypes;

namespace Firn.Tests.Serialization;

/// <summary>What means nothing on another node is refused at the sender, with the type, the member and what to do.</summary>
public class UntransferableTests
{
    [Fact]
    public void Delegates_tasks_streams_and_handles_are_no_messages()
    {
        ShouldBeRefused<Action>(() => { }, "Action");
        ShouldBeRefused<Func<int, string>>(_ => "", "Func<Int32, String>");
        ShouldBeRefused(Task.CompletedTask, "Task");
        ShouldBeRefused(Task.FromResult(1), "Task<Int32>");
        ShouldBeRefused<ValueTask>(default, "ValueTask");
        ShouldBeRefused<ValueTask<int>>(default, "ValueTask<Int32>");
        ShouldBeRefused<Stream>(new MemoryStream(), "Stream");
        ShouldBeRefused(new MemoryStream(), "MemoryStream");
        ShouldBeRefused(new Pipe().Writer, "PipeWriter");
        ShouldBeRefused<nint>(1, "IntPtr");
        ShouldBeRefused<CancellationToken>(default, "CancellationToken");
        ShouldBeRefused(Count(), "IAsyncEnumerable<Int32>");
        ShouldBeRefused(typeof(string), "Type");
    }

    [Fact]
    public void Nor_are_those_that_hold_one_however_deep()
    {
        ShouldBeRefused(new WithDelegate("x", () => { }), "WithDelegate.Callback is a delegate, Action");
        ShouldBeRefused(new Outer(new("x", () => { })), "WithDelegate.Callback");
        ShouldBeRefused(new List<Outer> { new(new("x", () => { })) }, "WithDelegate.Callback");
        ShouldBeRefused(new Dictionary<string, Task>(), "Task");
        ShouldBeRefused(new { Callbacks = new List<Action[]>() }, ".Callbacks holds a delegate, Action,");
        ShouldBeRefused(new { Token = (CancellationToken?)null }, ".Token holds CancellationToken,");
        ShouldBeRefused((1, Task.CompletedTask), ".Item2 is Task,");
        ShouldBeRefused(new Outer(new("x", () => { })), "WithDelegate.Callback", new JsonMessageSerializer(TestContext.Default));
    }

    [Fact]
    public void An_object_is_refused_for_what_it_is()
    {
        Bytes.TextOf(new Box { Anything = new Add(1) }).ShouldBe("""{"Anything":{"N":1,"Note":null}}""");
        ShouldBeRefused(new Box { Anything = (Action)(() => { }) }, "Action");
        ShouldBeRefused(new Box { Anything = new Box { Anything = new TaskCompletionSource<int>().Task } }, "Task<Int32>");
        ShouldBeRefused<object>(Stream.Null, "NullStream");
        ShouldBeRefused(new Box { Anything = new Action(() => { }) }, "Action");     // the second time as well
    }

    [Fact]
    public void They_are_not_read_either()
    {
        Should.Throw<FirnException>(() => Bytes.Read<Action>("{}")).Reason.ShouldBe(FailureReason.BadMessage);
        Should.Throw<FirnException>(() => Bytes.Read<Outer>("{}")).Reason.ShouldBe(FailureReason.BadMessage);
    }

    [Fact]
    public void What_is_ignored_does_not_matter()
    {
        foreach (var serializer in new[] { JsonMessageSerializer.Default, new JsonMessageSerializer(TestContext.Default) })
            Bytes.Copy(new WithIgnored("x", () => { }), serializer).ShouldBe(new WithIgnored("x"));
    }

    [Fact]
    public void Who_has_a_converter_for_one_may_send_it()
    {
        var options = new JsonSerializerOptions { Converters = { new HandleAsNumber() } };
        Bytes.TextOf(new { Handle = (nint)5 }, new JsonMessageSerializer(options)).ShouldBe("""{"Handle":5}""");
        Bytes.Copy<nint>(5, new JsonMessageSerializer(options)).ShouldBe(5);
        Bytes.TextOf(new Marked(5)).ShouldBe("""{"Handle":5}""");
    }

    [Fact]
    public void A_protobuf_message_is_not_torn_apart_as_JSON() =>
        ShouldBeRefused(new Timestamp(), "ProtobufMessageSerializer");

    private static void ShouldBeRefused<T>(T value, string what, MessageSerializer? serializer = null)
    {
        var e = Should.Throw<FirnException>(() => Bytes.Of(value, serializer));
        e.Reason.ShouldBe(FailureReason.NotSerializable);
        e.Message.ShouldContain(what);
    }

    private static async IAsyncEnumerable<int> Count()
    {
        await Task.Yield();
        yield return 1;
    }

    private sealed record Marked([property: JsonConverter(typeof(HandleAsNumber))] nint Handle);

    private sealed class HandleAsNumber : JsonConverter<nint>
    {
        public override nint Read(ref Utf8JsonReader reader, System.Type typeToConvert, JsonSerializerOptions options) => (nint)reader.GetInt64();

        public override void Write(Utf8JsonWriter writer, nint value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }
}
