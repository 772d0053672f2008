using Firn.Testing;

namespace Firn.Tests.Messaging;

/// <summary>Monitors, links and exits, of processes of one node and across nodes.</summary>
public sealed class RelationTests : ProcessFixture
{
    public static TheoryData<bool, ExitReason> Reasons
    {
        get
        {
            var data = new TheoryData<bool, ExitReason>();
            foreach (bool isRemote in (bool[])[false, true])
            {
                data.Add(isRemote, ExitReason.Error("broken"));
                data.Add(isRemote, ExitReason.Killed);
                data.Add(isRemote, new ExitReason(ExitKind.Linked, "another"));
                data.Add(isRemote, ExitReason.Shutdown);
                data.Add(isRemote, ExitReason.Custom("wörds 雪"));
                data.Add(isRemote, ExitReason.NoConnection);
                data.Add(isRemote, ExitReason.NoProcess);
                data.Add(isRemote, ExitReason.Custom(new string('x', ExitReason.MaxText)));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Every_reason_reaches_monitors_waiters_and_links_intact(bool isRemote, ExitReason reason)
    {
        var (here, process) = await SpawnAsync<object>(isRemote, NeverAnswer);
        var (watcher, trapping, linked) = (Probe.On(here), Probe.On(here, trapsExits: true), Probe.On(here));
        var monitor = await watcher.DoAsync(self => self.Monitor(process));
        await trapping.DoAsync(self => self.Link(process));
        await linked.DoAsync(self => self.Link(process));
        var (waiter, chained) = (here.WhenDownAsync(process), here.WhenDownAsync(linked.Pid));

        here.Node.Exit(process, reason);

        (await waiter).ShouldBe(reason);
        var down = await watcher.DownAsync();
        (down.Monitor, down.Process, down.Name, down.Reason).ShouldBe((monitor, process.Id, null, reason));
        var notice = await trapping.ExitNoticeAsync();
        (notice.From, notice.Reason, notice.IsLink).ShouldBe((process.Id, reason, true));
        (await chained).Kind.ShouldBe(ExitKind.Linked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_normal_end_kills_nobody_and_is_told_to_who_asked(bool isRemote)
    {
        var goOn = new TaskCompletionSource();
        var (here, process) = await SpawnAsync<object>(isRemote, self => goOn.Task);
        var (linked, trapping) = (Probe.On(here), Probe.On(here, trapsExits: true));
        await linked.DoAsync(self => self.Link(process));
        await linked.DoAsync(self => self.Monitor(process));
        await trapping.DoAsync(self => self.Link(process));
        await SettleAsync(here, process.Id.Node);

        goOn.SetResult();

        (await linked.DownAsync()).Reason.ShouldBe(ExitReason.Normal);
        (await trapping.ExitNoticeAsync()).Reason.ShouldBe(ExitReason.Normal);
        await linked.DoAsync(self => self.TrapExits = false);   // it is there
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_traps_exits_is_asked_and_only_Killed_does_not_ask(bool isRemote)
    {
        var (alpha, beta, _) = await PairAsync();
        var trapping = Probe.On(isRemote ? beta : alpha, trapsExits: true);
        var process = alpha.Sees(trapping.Pid);
        await trapping.DoAsync(static _ => { });
        var down = alpha.WhenDownAsync(process);

        alpha.Node.Exit(process, ExitReason.Normal);
        alpha.Node.Exit(process, ExitReason.Shutdown);
        (await trapping.ExitNoticeAsync()).ShouldBe(new ExitNotice(default, ExitReason.Normal, IsLink: false));
        (await trapping.ExitNoticeAsync()).ShouldBe(new ExitNotice(default, ExitReason.Shutdown, IsLink: false));
        var killer = Probe.On(alpha);
        await killer.DoAsync(self => self.Node.Exit(process, ExitReason.Custom("by")));
        (await trapping.ExitNoticeAsync()).ShouldBe(new ExitNotice(killer.Pid, ExitReason.Custom("by"), IsLink: false));

        alpha.Node.Exit(process, ExitReason.Killed);
        (await down).ShouldBe(ExitReason.Killed);
    }

    [Fact]
    public async Task A_process_that_does_not_trap_ignores_a_normal_exit_of_another()
    {
        var (here, process) = await SpawnAsync<int>(isRemote: true, static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        here.Node.Exit(process, ExitReason.Normal);
        (await process.CallAsync<int>(3)).ShouldBe(3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_taken_back_is_not_told(bool isRemote)
    {
        var (here, process) = await SpawnAsync<object>(isRemote, NeverAnswer);
        var watcher = Probe.On(here);
        await watcher.DoAsync(self => self.Demonitor(self.Monitor(process)));
        await watcher.DoAsync(self =>
        {
            self.Link(process);
            self.Unlink(process);
        });
        var second = await watcher.DoAsync(self => self.Monitor(process));

        here.Node.Exit(process, ExitReason.Killed);

        (await watcher.DownAsync()).Monitor.ShouldBe(second);
        await watcher.DoAsync(static _ => { });   // it is there
    }

    [Fact]
    public async Task A_process_that_is_monitored_by_its_name_is_told_of_with_its_pid()
    {
        var (alpha, beta, peer) = await PairAsync();
        var process = beta.Node.Spawn<int>("worker", NeverAnswer);
        var watcher = Probe.On(alpha);
        await watcher.DoAsync(self => self.Monitor("worker", peer));
        await watcher.DoAsync(self => self.Monitor("nobody", peer));
        var absent = await watcher.DownAsync();
        (absent.Name, absent.Process.IsNone, absent.Reason).ShouldBe(("nobody", true, ExitReason.NoProcess));

        beta.Node.Exit(process, ExitReason.Custom("done"));

        var down = await watcher.DownAsync();
        (down.Name, down.Process, down.Reason).ShouldBe(("worker", process.Id, ExitReason.Custom("done")));
    }

    [Fact]
    public async Task A_process_that_has_ended_and_one_of_a_node_that_is_not_connected_are_told_of_at_once()
    {
        var (alpha, beta, peer) = await PairAsync();
        var (local, remote) = (alpha.Node.Spawn<int>(NeverAnswer), alpha.Sees(beta.Node.Spawn<int>(NeverAnswer)));
        var watcher = Probe.On(alpha, trapsExits: true);
        foreach (var process in new[] { local, remote })
        {
            var down = alpha.WhenDownAsync(process);
            alpha.Node.Exit(process, ExitReason.Killed);
            await down;
            await ShouldBeToldAsync(alpha, watcher, process, ExitReason.NoProcess);
        }

        var lost = beta.Node.Spawn<int>(NeverAnswer);
        await watcher.DoAsync(self => self.Monitor(lost));
        await watcher.DoAsync(self => self.Link(lost));
        await peer.HangupAsync();
        var ends = new[] { await watcher.NextAsync(), await watcher.NextAsync() };
        ends.Single(e => e.Down is not null).Down!.ShouldSatisfyAllConditions(d => d.Process.ShouldBe(lost.Id), d => d.Reason.ShouldBe(ExitReason.NoConnection));
        ends.Single(e => e.Exit is not null).Exit.ShouldBe(new ExitNotice(lost, ExitReason.NoConnection, IsLink: true));
        await ShouldBeToldAsync(alpha, watcher, lost, ExitReason.NoConnection);
    }

    [Fact]
    public async Task Processes_of_a_nodes_earlier_life_are_gone()
    {
        var alpha = await StartAsync("alpha");
        var home = Directory.CreateTempSubdirectory("firn-");
        try
        {
            void InHome(NodeOptions options) => (options.Ephemeral, options.Home) = (false, home.FullName);
            var beta = await StartAsync("beta", InHome);
            await alpha.ConnectAsync(beta);
            var old = alpha.Sees(beta.Node.Spawn<int>(NeverAnswer));
            await beta.DisposeAsync();
            await alpha.Events.FirstAsync<PeerDownEvent>();
            var watcher = Probe.On(alpha, trapsExits: true);
            await ShouldBeToldAsync(alpha, watcher, old, ExitReason.NoConnection);
            (await FailureAsync(old.SendAsync(1))).Reason.ShouldBe(FailureReason.NotConnected);

            var reborn = await StartAsync("beta", InHome);
            await alpha.ConnectAsync(reborn);
            await ShouldBeToldAsync(alpha, watcher, old, ExitReason.NoProcess);
            (await FailureAsync(old.SendAsync(1))).Reason.ShouldBe(FailureReason.NoProcess);
            (await FailureAsync(old.CallAsync<int>(1))).Reason.ShouldBe(FailureReason.NoProcess);
            await ShouldBeToldAsync(reborn, Probe.On(reborn, trapsExits: true), reborn.Sees(old), ExitReason.NoProcess);
            (await FailureAsync(reborn.Sees(old).SendAsync(1))).Reason.ShouldBe(FailureReason.NoProcess);
        }
        finally
        {
            await Nodes.DisposeAsync();
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_node_that_is_disposed_ends_its_processes_with_Shutdown()
    {
        var (alpha, beta, _) = await PairAsync();
        var watcher = Probe.On(alpha);
        foreach (var process in Enumerable.Range(0, 500).Select(_ => beta.Node.Spawn<int>(NeverAnswer)).ToArray())
            await watcher.DoAsync(self => self.Monitor(process));
        var waiter = alpha.WhenDownAsync(alpha.Sees(beta.Node.Spawn<int>(NeverAnswer)));

        await SettleAsync(alpha, beta.Node.Self.Name);

        await beta.DisposeAsync();

        for (int i = 0; i < 500; i++)
            (await watcher.DownAsync()).Reason.ShouldBe(ExitReason.Shutdown);
        (await waiter).ShouldBe(ExitReason.Shutdown);
    }

    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 10)]
    [InlineData(true, 3 << 20)]
    public async Task Notices_of_an_end_come_after_all_that_was_sent_before_it(bool isRemote, int size)
    {
        var (alpha, beta, _) = await PairAsync();
        var got = new List<int>();
        var over = new TaskCompletionSource<string>();
        var receiver = alpha.Node.Spawn<byte[]>(async self =>
        {
            self.TrapExits = true;
            var ends = new List<string>();
            await foreach (var message in self.Messages)
            {
                if (message.Exit is { } exit)
                    ends.Add($"exit after {got.Count}: {exit.Reason}");
                else if (message.Body.Length > 0)
                    got.Add(message.Body[0]);
                else
                    await message.ReplyAsync(self.Pid);
                if (ends.Count == 2)
                    over.SetResult(string.Join("; ", ends));
            }
        });
        var node = isRemote ? beta : alpha;
        var target = node.Sees(receiver);
        var sender = Probe.On(node);
        await receiver.CallAsync<Pid<byte[]>>([]);   // it traps by then
        await sender.DoAsync(self => self.Link(target));
        await Should.ThrowAsync<ProcessExitedException>(() => sender.DoAsync(async self =>
        {
            for (byte i = 0; i < 8; i++)
                await target.SendAsync(Enumerable.Repeat(i, size).ToArray());
            self.Node.Exit(target, ExitReason.Custom("asked"));
            self.Exit(ExitReason.Custom("ended"));
            return true;
        }));

        (await over.Task.WaitAsync(EventLog.Ceiling)).ShouldBe("exit after 8: Custom: asked; exit after 8: Custom: ended");
        got.ShouldBe(Enumerable.Range(0, 8));
    }

    [Fact]
    public async Task A_monitor_and_then_a_message_that_ends_it_tell_the_reason_however_busy_the_node()
    {
        var (alpha, beta, peer) = await PairAsync();
        beta.Node.Register<string, int>("mortal", static async (self, _) => throw new FormatException((await self.ReceiveAsync()).Body));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var watcher = Probe.On(alpha);
            for (int i = 0; i < 50; i++)
            {
                var process = await peer.SpawnAsync<string, int>("mortal", i);
                await watcher.DoAsync(async self =>
                {
                    self.Monitor(process);
                    await process.SendAsync("die");
                    return true;
                });
                (await watcher.DownAsync()).Reason.ShouldBe(ExitReason.Error("FormatException: die"));
            }
        }));
    }

    [Fact]
    public async Task Thousands_of_monitors_are_told_the_whole_text_of_one_end()
    {
        const int Monitors = 5_000;
        var (here, process) = await SpawnAsync<object>(isRemote: true, NeverAnswer);
        var watcher = Probe.On(here);
        await watcher.DoAsync(self =>
        {
            for (int i = 0; i < Monitors; i++)
                self.Monitor(process);
        });
        var reason = ExitReason.Custom(new string('x', ExitReason.MaxText));

        here.Node.Exit(process, reason);

        for (int i = 0; i < Monitors; i++)
            (await watcher.DownAsync()).Reason.ShouldBe(reason);
        here.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_is_monitored_until_it_is_down_or_that_is_taken_back()
    {
        var (alpha, beta, peer) = await PairAsync();
        var (watcher, other) = (Probe.On(alpha), Probe.On(alpha));
        var name = beta.Node.Self.Name;
        await watcher.DoAsync(self =>
        {
            self.MonitorNode(alpha.Node.Self.Name);   // its own: never told
            self.MonitorNode(name);
        });
        await other.DoAsync(self =>
        {
            self.MonitorNode(name);
            self.DemonitorNode(name);
        });

        await peer.HangupAsync();

        (await watcher.NextAsync()).NodeDown.ShouldBe(new NodeDown(name, EndReason.Hangup));
        await alpha.Events.FirstAsync<PeerDownEvent>();
        await other.DoAsync(self => self.MonitorNode(name));
        (await other.NextAsync()).NodeDown.ShouldNotBeNull().Node.ShouldBe(name);
    }

    [Fact]
    public async Task An_exit_from_a_process_of_another_node_is_not_said_to_be_of_one_of_this()
    {
        var (alpha, beta, _) = await PairAsync();
        var (stranger, trapping) = (Probe.On(alpha), Probe.On(beta, trapsExits: true));
        await trapping.DoAsync(static _ => { });
        await stranger.DoAsync(_ => beta.Node.Exit(trapping.Pid, ExitReason.Shutdown));
        (await trapping.ExitNoticeAsync()).From.IsNone.ShouldBeTrue();
    }

    private static async Task ShouldBeToldAsync(LiveNode node, Probe watcher, Pid process, ExitReason reason)
    {
        (await node.WhenDownAsync(process)).ShouldBe(reason);
        var monitor = await watcher.DoAsync(self => self.Monitor(process));
        (await watcher.DownAsync()).ShouldBe(new Down(monitor, process, null, reason));
        await watcher.DoAsync(self => self.Link(process));
        (await watcher.ExitNoticeAsync()).ShouldBe(new ExitNotice(process, reason, IsLink: true));
    }
}
