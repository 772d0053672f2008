using System.Runtime.CompilerServices;
using Firn.Messaging;
using Firn.Protocol.Tests;
using Firn.Tests.Serialization;

namespace Firn.Tests.Messaging;

public class PidTests
{
    private const string SomeDid = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169";
    private const string Text = "pid:00ab000000000fff/7/alpha@host/" + SomeDid;

    private readonly FakeHost _host = new();

    [Fact]
    public void A_pid_is_written_in_one_way_and_reads_back()
    {
        var pid = new Pid(_host.Life, 0x00AB_0000_0000_0FFF, _host);
        pid.ToString().ShouldBe(Text);
        pid.As<Add>().ToString().ShouldBe(Text);

        var again = Pid.Parse(Text);
        again.ShouldBe(pid);
        again.GetHashCode().ShouldBe(pid.GetHashCode());
        (again.Node.ToString(), again.Did.ToString(), again.Incarnation).ShouldBe(("alpha@host", SomeDid, new Incarnation(7)));
        (again == pid, again != pid, again.Equals((object)pid), pid.IsNone).ShouldBe((true, false, true, false));
        Pid.Parse($"pid:ffffffffffffffff/{ulong.MaxValue}/a@[2001:db8::1]/{SomeDid}").Incarnation.Value.ShouldBe(ulong.MaxValue);
    }

    [Theory]
    [InlineData("pid:00ab000000000ffe/7/alpha@host/" + SomeDid)]
    [InlineData("pid:00ab000000000fff/8/alpha@host/" + SomeDid)]
    [InlineData("pid:00ab000000000fff/7/Alpha@host/" + SomeDid)]
    [InlineData("pid:00ab000000000fff/7/alpha@host/did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv")]
    [InlineData("pid:none")]
    public void Another_number_life_name_or_key_is_another_process(string other)
    {
        Pid.Parse(other).ShouldNotBe(Pid.Parse(Text));
        (Pid.Parse(other).As<Add>() == Pid.Parse(Text).As<Add>()).ShouldBeFalse();
    }

    [Theory]
    [InlineData(null, 1, "expected pid:")]
    [InlineData("", 1, "expected pid:")]
    [InlineData("PID:none", 1, "expected pid:")]
    [InlineData("pid:", 5, "expected 16 digits")]
    [InlineData("pid:None", 5, "expected 16 digits")]
    [InlineData("pid:0000000000000000/7/alpha@host/" + SomeDid, 5, "not all 0")]
    [InlineData("pid:00AB000000000fff/7/alpha@host/" + SomeDid, 5, "expected 16 digits")]
    [InlineData("pid:ab000000000fff/7/alpha@host/" + SomeDid, 5, "expected 16 digits")]
    [InlineData("pid:00ab000000000fff", 5, "and a '/'")]
    [InlineData("pid:00ab000000000fff/", 22, "expected an incarnation")]
    [InlineData("pid:00ab000000000fff/07/alpha@host/" + SomeDid, 22, "expected an incarnation")]
    [InlineData("pid:00ab000000000fff/7\0/alpha@host/" + SomeDid, 22, "expected an incarnation")]
    [InlineData("pid:00ab000000000fff/-7/alpha@host/" + SomeDid, 22, "expected an incarnation")]
    [InlineData("pid:00ab000000000fff/18446744073709551616/alpha@host/" + SomeDid, 22, "64 bits")]
    [InlineData("pid:00ab000000000fff/7", 23, "expected a name")]
    [InlineData("pid:00ab000000000fff/7/alpha/" + SomeDid, 29, "expected '@'")]
    [InlineData("pid:00ab000000000fff/7/al pha@host/" + SomeDid, 26, "a space is not allowed")]
    [InlineData("pid:00ab000000000fff/7/alpha@/" + SomeDid, 30, "expected a host")]
    [InlineData("pid:00ab000000000fff/7/alpha@Host/" + SomeDid, 30, "expected the host as host")]
    [InlineData("pid:00ab000000000fff/7/alpha@[0::1]/" + SomeDid, 30, "expected the host as [::1]")]
    [InlineData("pid:00ab000000000fff/7/alpha@host", 34, "expected the DID")]
    [InlineData("pid:00ab000000000fff/7/alpha@host/did:key:zDn", 35, "expected the DID")]
    [InlineData("pid:00ab000000000fff/7/alpha@host/" + SomeDid + "/", 35, "expected the DID")]
    [InlineData("pid:00ab000000000fff/7/alpha@host/" + SomeDid + " ", 35, "expected the DID")]
    public void A_malformed_pid_is_refused_with_the_place_and_the_reason(string? text, int character, string reason)
    {
        Pid.TryParse(text, out var pid, out var error).ShouldBeFalse();
        pid.IsNone.ShouldBeTrue();
        error.ShouldNotBeNull().ShouldContain($": at character {character}: ");
        error.ShouldContain(reason);
        Should.Throw<FirnException>(() => Pid.Parse(text!)).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Fact]
    public void Damaged_pids_read_as_what_they_say_or_are_refused() => Fuzz.Run(mutator =>
    {
        string text = mutator.Chance(8) ? mutator.Text(100) : mutator.Mutate(Text);
        if (Pid.TryParse(text, out var pid, out var error))
            pid.ToString().ShouldBe(text);
        else
            error.ShouldContain(": at character ");
    });

    [Fact]
    public void The_default_is_no_process_and_says_so()
    {
        Pid none = default;
        none.IsNone.ShouldBeTrue();
        none.IsLocal.ShouldBeFalse();
        none.ToString().ShouldBe("pid:none");
        Pid.Parse("pid:none").ShouldBe(none);
        _host.Attach(none).ShouldBe(none);
        Should.Throw<FirnException>(() => none.Node).Message.ShouldContain("default(Pid)");
        Should.Throw<FirnException>(() => none.Did);
        Should.Throw<FirnException>(() => none.Incarnation);
        Should.Throw<FirnException>(() => none.As<Add>().SendAsync(new Add(1)).AsTask()).Message.ShouldContain("default(Pid)");
        Should.Throw<FirnException>(() => default(Pid<Add>).CallAsync<int>(new Add(1)).AsTask()).Message.ShouldContain("default(Pid)");
    }

    [Fact]
    public async Task A_pid_read_outside_of_a_node_is_of_use_once_it_is_attached()
    {
        var pid = Pid.Parse(Text);
        var e = Should.Throw<FirnException>(() => pid.As<Add>().SendAsync(new Add(1)).AsTask());
        e.Reason.ShouldBe(FailureReason.InvalidInput);
        e.Message.ShouldContain("node.Attach(pid)");

        await _host.Attach(pid).As<Add>().SendAsync(new Add(1));
        _host.Sent.ShouldBe([(pid, new Add(1), null)]);
    }

    [Fact]
    public void A_pid_is_local_at_its_own_node_in_its_own_life()
    {
        _host.Attach(Pid.Parse(Text)).IsLocal.ShouldBeTrue();
        new FakeHost("beta@host").Attach(Pid.Parse(Text)).IsLocal.ShouldBeFalse();
        _host.Attach(Pid.Parse(Text.Replace("/7/", "/6/", StringComparison.Ordinal))).IsLocal.ShouldBeFalse();
        Pid.Parse(Text).IsLocal.ShouldBeFalse();
    }

    [Fact]
    public async Task Messages_go_through_the_host_with_the_serializer_of_choice()
    {
        var pid = _host.Attach(Pid.Parse(Text)).As<Add>();
        var other = pid.Using(ProtobufMessageSerializer.Default);
        other.ShouldBe(pid);
        ((Pid)other).ShouldBe(pid.Id);

        await other.SendAsync(new Add(1));
        (await other.CallAsync<int>(new Add(2))).ShouldBe(42);
        _host.Sent.ShouldAllBe(sent => sent.Serializer == ProtobufMessageSerializer.Default);
        _host.LastTimeout.ShouldBe(TimeSpan.FromSeconds(5));
        await pid.CallAsync<int>(new Add(3), TimeSpan.FromDays(1));
        _host.Sent[^1].ShouldBe((pid.Id, new Add(3), null));
        _host.LastTimeout.ShouldBe(TimeSpan.FromDays(1));
    }

    [Fact]
    public void Null_messages_and_endless_or_empty_timeouts_are_refused()
    {
        var pid = _host.Attach(Pid.Parse(Text));
        Should.Throw<ArgumentNullException>(() => pid.As<Add>().SendAsync(null!).AsTask());
        Should.Throw<ArgumentNullException>(() => pid.As<int?>().CallAsync<int>(null).AsTask());
        Should.Throw<ArgumentNullException>(() => pid.As<Add>().Using(null!));
        foreach (var span in new[] { TimeSpan.Zero, Timeout.InfiniteTimeSpan, TimeSpan.FromDays(1.1) })
            Should.Throw<ArgumentOutOfRangeException>(() => pid.As<Add>().CallAsync<int>(new Add(1), span).AsTask());
        _host.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void Pids_are_small_and_those_of_one_life_share_it()
    {
        Unsafe.SizeOf<Pid>().ShouldBe(24);
        Unsafe.SizeOf<Pid<Add>>().ShouldBe(32);
        Pid.Parse(Text).Life.ShouldBeSameAs(Pid.Parse(Text.Replace("fff/", "ffe/", StringComparison.Ordinal)).Life);
    }

    [Fact]
    public void Lives_beyond_measure_are_forgotten_not_kept()
    {
        for (int i = 1; i <= 3_000; i++)
            Pid.Parse($"pid:0000000000000001/{i}/alpha@host/{SomeDid}").Incarnation.Value.ShouldBe((ulong)i);
        NodeLife.KnownCount.ShouldBeLessThanOrEqualTo(1024);
    }
}
