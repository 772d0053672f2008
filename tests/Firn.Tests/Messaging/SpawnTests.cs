using Firn.Messaging;
using Firn.Testing;
using Google.Protobuf.WellKnownTypes;

namespace Firn.Tests.Messaging;

public sealed class SpawnTests : ProcessFixture
{
    [Fact]
    public async Task What_cannot_be_spawned_is_the_callers_error_and_the_node_is_well()
    {
        var (_, beta, peer) = await PairAsync();
        beta.Node.Register<int, Picky>("picky", static (self, _) => NeverAnswer(self));

        (await FailureAsync(peer.SpawnAsync<int, string>("picky", "not one"))).Reason.ShouldBe(FailureReason.BadMessage);
        (await FailureAsync(peer.SpawnAsync<int, Loose>("picky", new Loose(-1)))).Reason.ShouldBe(FailureReason.BadMessage);   // its constructor throws
        (await FailureAsync(peer.SpawnAsync<int, int>("absent", 1))).Reason.ShouldBe(FailureReason.NotRegistered);
        (await FailureAsync(peer.SpawnAsync<int, int>("no name", 1))).Reason.ShouldBe(FailureReason.InvalidInput);
        (await FailureAsync(peer.SpawnAsync<int, int>(new string('x', 70_000), 1))).Reason.ShouldBe(FailureReason.InvalidInput);
        (await FailureAsync(peer.SpawnAsync<int, Action>("picky", () => { }))).Reason.ShouldBe(FailureReason.NotSerializable);
        Should.Throw<FirnException>(() => peer.Named<int>(new string('x', 70_000))).Reason.ShouldBe(FailureReason.InvalidInput);

        (await peer.SpawnAsync<int, Loose>("picky", new Loose(1))).Id.Node.ShouldBe(peer.Name);
        peer.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public async Task A_function_that_throws_at_once_ends_with_its_error_and_tells_who_is_linked()
    {
        var (alpha, beta, peer) = await PairAsync();
        beta.Node.Register<int, string>("failing", static (_, text) => throw new FormatException(text));
        var parent = Probe.On(alpha, trapsExits: true);

        var child = await parent.DoAsync(self => self.SpawnLinkedAsync<int, string>(peer, "failing", "as it is"));

        var notice = await parent.ExitNoticeAsync();
        (notice.From, notice.Reason, notice.IsLink).ShouldBe((child.Id, ExitReason.Error("FormatException: as it is"), true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_linked_child_ends_with_its_parent(bool isRemote)
    {
        var (alpha, beta, peer) = await PairAsync();
        beta.Node.Register<int, int>("child", static (self, _) => NeverAnswer(self));
        var parent = Probe.On(alpha);

        var child = await parent.DoAsync(async self => isRemote
            ? await self.SpawnLinkedAsync<int, int>(peer, "child", 0)
            : self.SpawnLinked<int>(NeverAnswer));
        var down = alpha.WhenDownAsync(child);
        alpha.Node.Exit(parent.Pid, ExitReason.Custom("enough"));

        (await down).ShouldBe(new ExitReason(ExitKind.Linked, $"{parent.Pid} ended: Custom: enough"));
    }

    [Fact]
    public async Task Along_a_chain_of_links_everybody_hears_who_was_the_first()
    {
        var alpha = await StartAsync("alpha");
        var chain = Enumerable.Range(0, 50).Select(_ => Probe.On(alpha)).ToArray();
        for (int i = 1; i < chain.Length; i++)
            await chain[i].DoAsync(self => self.Link(chain[i - 1].Pid));
        var downs = chain.Select(p => alpha.WhenDownAsync(p.Pid)).ToArray();

        alpha.Node.Exit(chain[0].Pid, ExitReason.Killed);

        (await downs[0]).ShouldBe(ExitReason.Killed);
        foreach (var down in downs[1..])
            (await down).ShouldBe(new ExitReason(ExitKind.Linked, $"{chain[0].Pid} ended: Killed"));
    }

    [Fact]
    public async Task Argument_and_messages_of_a_spawned_process_may_have_their_own_serializer()
    {
        var (_, beta, peer) = await PairAsync();
        beta.Node.Register<Int32Value, StringValue>(
            "proto",
            static async (self, prefix) =>
            {
                await foreach (var message in self.Messages)
                    await message.ReplyAsync(new StringValue { Value = prefix.Value + message.Body.Value });
            },
            new ProcessOptions { Serializer = ProtobufMessageSerializer.Default });

        var process = await peer.SpawnAsync<Int32Value, StringValue>("proto", new StringValue { Value = "n" }, ProtobufMessageSerializer.Default);

        (await process.CallAsync<StringValue>(new Int32Value { Value = 7 })).Value.ShouldBe("n7");
    }

    [Fact]
    public async Task A_process_that_ended_before_it_could_start_never_runs()
    {
        var alpha = await StartAsync("alpha");
        bool hasRun = false;
        var process = alpha.Node.Core.Hub.Create<int>(
            _ =>
            {
                hasRun = true;
                return Task.CompletedTask;
            },
            new ProcessOptions()).CoreOf;
        process.Exit(ExitReason.Killed);
        process.Start();
        await process.Ended.WaitAsync(EventLog.Ceiling);
        hasRun.ShouldBeFalse();
    }

    [Fact]
    public async Task A_peer_may_have_so_many_functions_running_and_again_when_some_have_returned()
    {
        var (_, beta, peer) = await PairAsync();
        var hold = new TaskCompletionSource();
        beta.Node.Register<int, int>("deaf", (_, _) => hold.Task);
        var spawned = await Task.WhenAll(Enumerable.Range(0, SpawnQuota.MaxPerPeer).Select(i => peer.SpawnAsync<int, int>("deaf", i)));

        (await FailureAsync(peer.SpawnAsync<int, int>("deaf", -1))).Reason.ShouldBe(FailureReason.Busy);
        beta.Node.Exit(spawned[0].Id, ExitReason.Killed);   // dead to all others, but its function still runs
        (await FailureAsync(peer.SpawnAsync<int, int>("deaf", -1))).Reason.ShouldBe(FailureReason.Busy);

        hold.SetResult();
        foreach (var process in spawned)
            await beta.WhenDownAsync(process);
        await peer.SpawnAsync<int, int>("deaf", -1);
        peer.IsConnected.ShouldBeTrue();
    }

    private sealed record Loose(int N);

    private sealed record Picky
    {
        public Picky(int n) => N = n > 0 ? n : throw new ArgumentOutOfRangeException(nameof(n));

        public int N { get; }
    }
}
