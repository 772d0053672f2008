using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>How sessions come up, live and end.</summary>
public abstract class SessionSuite : FabricSuite
{
    private protected SessionSuite(Func<Fabric> create)
        : base(create)
    {
    }

    /// <summary>How often two nodes dial each other at once.</summary>
    private protected virtual int Crossings => 8;

    [SkippableFact]
    public async Task A_session_comes_up_and_each_end_knows_the_other()
    {
        var (alpha, beta, there, back) = await PairAsync();

        (there.Name, there.Did, there.Incarnation).ShouldBe((beta.Node.Self.Name, beta.Node.Self.Did, beta.Node.Self.Incarnation));
        (back.Name, back.Did, back.Incarnation).ShouldBe((alpha.Node.Self.Name, alpha.Node.Self.Did, alpha.Node.Self.Incarnation));
        (there.Direction, back.Direction).ShouldBe((SessionDirection.Outbound, SessionDirection.Inbound));
        (there.Transport, back.Transport).ShouldBe((Fabric.Transport, Fabric.AcceptedTransport));
        there.SessionId.ShouldBe(back.SessionId);
        (there.SoftwareVersion, back.SoftwareVersion).ShouldBe((beta.Node.Self.SoftwareVersion, alpha.Node.Self.SoftwareVersion));
        (await ConnectAsync(alpha, beta)).ShouldBeSameAs(there);   // and is not made twice
    }

    [SkippableFact]
    public async Task Pings_in_parallel_do_not_disturb_each_other()
    {
        var (_, _, there, back) = await PairAsync();

        for (int i = 0; i < 10; i++)
        {
            var both = Enumerable.Range(0, 60).Select(n => (n % 2 == 0 ? there : back).PingAsync().WaitAsync(EventLog.Ceiling));
            (await Task.WhenAll(both)).ShouldAllBe(rtt => rtt > TimeSpan.Zero);
        }

        there.Rtt.ShouldBeGreaterThan(TimeSpan.Zero);
        back.Rtt.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_hangs_up_is_down_at_both_ends_until_somebody_dials(bool dialler)
    {
        var (alpha, beta, there, back) = await PairAsync();

        await (dialler ? there : back).HangupAsync().WaitAsync(EventLog.Ceiling);

        (await alpha.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Hangup);
        (await beta.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Hangup);
        (there.IsConnected, back.IsConnected).ShouldBe((false, false));
        (await ConnectAsync(alpha, beta)).SessionId.ShouldNotBe(there.SessionId);
        await beta.Events.FirstAsync<PeerUpEvent>(skip: 1);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disposed_node_says_goodbye(bool dialler)
    {
        var (alpha, beta, there, back) = await PairAsync();
        var (leaving, staying, lost) = dialler ? (alpha, beta, back) : (beta, alpha, there);

        await leaving.DisposeAsync();

        var down = await staying.Events.FirstAsync<PeerDownEvent>();
        (down.Peer, down.Reason).ShouldBe((lost, EndReason.Shutdown));
        lost.IsConnected.ShouldBeFalse();
        await leaving.Events.Ended;
        leaving.Events.Of<PeerDownEvent>().Single().Reason.ShouldBe(EndReason.Shutdown);   // its own events are complete as well
        (await Should.ThrowAsync<FirnException>(() => lost.PingAsync())).Reason.ShouldBe(FailureReason.NotConnected);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_is_cut_is_a_transport_error_and_is_made_again(bool dialler)
    {
        var (alpha, beta, there, back) = await PairAsync();

        (dialler ? there : back).Session.Link.Abort();

        (await alpha.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.TransportError);
        (await beta.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.TransportError);
        await alpha.Events.FirstAsync<PeerUpEvent>(skip: 1);
        await beta.Events.FirstAsync<PeerUpEvent>(skip: 1);
        await Agreement.ShouldShareOneSessionAsync(alpha, beta);
    }

    [SkippableFact]
    public async Task Two_nodes_that_dial_each_other_at_once_have_one_session_and_both_dials_complete()
    {
        for (int seed = 0; seed < Crossings; seed++)
        {
            var random = new Random(seed);
            var (a, b) = (await StartAsync($"a{seed}"), await StartAsync($"b{seed}"));
            var offset = TimeSpan.FromMilliseconds(random.Next(2) == 0 ? 0 : random.NextDouble() * 8);
            bool aFirst = random.Next(2) == 0;

            var dials = await Task.WhenAll(DialAfterAsync(a, b, aFirst ? TimeSpan.Zero : offset), DialAfterAsync(b, a, aFirst ? offset : TimeSpan.Zero));

            await Agreement.ShouldShareOneSessionAsync(a, b);
            dials.ShouldAllBe(peer => peer.IsConnected, $"seed {seed}");
            foreach (var node in new[] { a, b })
                await node.Node.Peers[0].PingAsync().WaitAsync(EventLog.Ceiling);   // the survivor is a session that works

            await Agreement.ShouldNotHaveFlappedAsync($"seed {seed}", a, b);
        }
    }

    [SkippableFact]
    public async Task A_dial_can_be_given_up()
    {
        await using var trap = await Fabric.ListenAsync();
        var a = await StartAsync("a");
        using var cancel = new CancellationTokenSource();
        var dialling = Fabric.DialAsync(a, trap.Address, cancel.Token);
        using var accepted = await trap.AcceptAsync();   // which nobody answers

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => dialling);
        await ShouldStillTakeMembersAsync(a);
    }

    [SkippableFact]
    public async Task Disposal_ends_sessions_dials_handshakes_and_listening_and_completes_for_everybody()
    {
        await using var trap = await Fabric.ListenAsync();
        var (alpha, beta, there, _) = await PairAsync();
        var address = alpha.Address;
        using var rogue = new Rogue();
        await using var stranger = await DialAsync(rogue, alpha);   // in the middle of its handshake
        var dialling = Fabric.DialAsync(alpha, trap.Address);
        using var accepted = await trap.AcceptAsync();

        await Task.WhenAll(alpha.DisposeAsync().AsTask(), alpha.DisposeAsync().AsTask(), Task.Run(() => alpha.DisposeAsync().AsTask())).WaitAsync(EventLog.Ceiling);
        await alpha.DisposeAsync();

        (await Should.ThrowAsync<FirnException>(() => dialling)).Reason.ShouldBe(FailureReason.ShuttingDown);
        await Should.ThrowAsync<ObjectDisposedException>(() => alpha.Node.ConnectAsync(beta.Address));
        alpha.Node.Stopped.IsCancellationRequested.ShouldBeTrue();
        (alpha.Node.Peers.Count, there.IsConnected).ShouldBe((0, false));
        await alpha.Events.Ended.WaitAsync(EventLog.Ceiling);
        await stranger.Stream.ReadUntilOverAsync();
        (await beta.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Shutdown);

        // Nothing holds the place any more.
        var next = await StartAsync("next", o => (o.Transports, o.Listen[0]) = (alpha.Options.Transports, address.ToString()));
        await ConnectAsync(beta, next);
    }

    private async Task<Peer> DialAfterAsync(LiveNode from, LiveNode to, TimeSpan after)
    {
        await Agreement.PassAsync(after);
        return await ConnectAsync(from, to);
    }
}
