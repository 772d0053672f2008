using System.Text.Json;
using Firn.Tests.Serialization;
using Google.Protobuf.WellKnownTypes;

namespace Firn.Tests.Messaging;

/// <summary>A pid in a message means the same process where it is read, and can be used there.</summary>
public class PidInPayloadTests
{
    private const string Text = "pid:00ab000000000fff/7/alpha@host/did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169";

    private readonly FakeHost _reader = new("beta@host");

    [Fact]
    public async Task Pids_are_written_as_text_and_attached_to_the_node_that_reads()
    {
        var sender = new FakeHost();
        var pid = sender.Attach(Pid.Parse(Text));
        var greeting = new Greeting(pid, pid.As<Add>(), pid, new() { [pid] = 3 });

        foreach (var serializer in new[] { JsonMessageSerializer.Default, new JsonMessageSerializer(TestContext.Default) })
        {
            Bytes.TextOf(greeting, serializer).ShouldContain($"\"{Text}\"");
            var read = Bytes.Copy(greeting, serializer, _reader);
            (read.From, read.Counter.Id, read.Maybe, read.Scores.Keys.Single()).ShouldBe((pid, pid, (Pid?)pid, pid));

            _reader.Sent.Clear();
            await read.Counter.SendAsync(new Add(1));
            await read.From.As<string>().SendAsync("a");
            await read.Maybe!.Value.As<string>().SendAsync("b");
            await read.Scores.Keys.Single().As<string>().SendAsync("c");
            _reader.Sent.Select(s => s.To).ShouldAllBe(to => to == pid);
            _reader.Sent.Count.ShouldBe(4);
            read.From.IsLocal.ShouldBeFalse();
        }

        sender.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void A_pid_alone_is_a_message_too()
    {
        var pid = Pid.Parse(Text);
        Bytes.Copy(pid, host: _reader).ShouldBe(pid);
        Bytes.Copy(pid.As<Action>(), host: _reader).ShouldBe(pid.As<Action>());     // what it takes is not sent
        Bytes.Copy(default(Pid)).IsNone.ShouldBeTrue();
        Bytes.TextOf(new Greeting(default, default, null, [])).ShouldBe("""{"From":"pid:none","Counter":"pid:none","Maybe":null,"Scores":{}}""");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"\"")]
    [InlineData("\"pid:\"")]
    [InlineData("\"pid:0000000000000000/7/alpha@host/x\"")]
    [InlineData("{}")]
    public void What_is_no_pid_is_a_bad_message(string json)
    {
        Should.Throw<FirnException>(() => Bytes.Read<Pid>(json)).Reason.ShouldBe(FailureReason.BadMessage);
        Should.Throw<FirnException>(() => Bytes.Read<Pid<Add>>(json)).Reason.ShouldBe(FailureReason.BadMessage);
    }

    [Fact]
    public void Outside_of_Firn_a_pid_is_read_without_a_node()
    {
        var pid = JsonSerializer.Deserialize<Pid>($"\"{Text}\"");
        pid.ShouldBe(Pid.Parse(Text));
        Should.Throw<FirnException>(() => pid.As<Add>().SendAsync(new Add(1)).AsTask()).Message.ShouldContain("node.Attach(pid)");
    }

    [Fact]
    public void After_a_failed_reading_nothing_stays_attached()
    {
        Should.Throw<FirnException>(() => Bytes.Read<Greeting>("{"u8.ToArray(), null, _reader));
        Should.Throw<FirnException>(() => JsonSerializer.Deserialize<Pid>($"\"{Text}\"").Host);
    }

    [Fact]
    public void In_protobuf_a_pid_is_a_string()
    {
        var message = new StringValue { Value = Pid.Parse(Text).ToString() };
        var read = Bytes.Copy(message, ProtobufMessageSerializer.Default, _reader);
        _reader.Attach(Pid.Parse(read.Value)).ShouldBe(Pid.Parse(Text));
    }
}
