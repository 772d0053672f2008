using Firn.Testing;

namespace Firn.Tests.Nodes;

/// <summary>Deadlines to the millisecond, on virtual time.</summary>
public sealed class DeadlineTests : VirtualNodeFixture
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_peer_that_falls_silent_is_down_after_interval_and_deadline_and_not_before()
    {
        var (a, b) = await PairAsync(o => (o.PingInterval, o.PingDeadline) = (TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(7)));
        var peer = a.Node.Peers[0];
        await peer.PingAsync().WaitAsync(EventLog.Ceiling);   // the last byte comes now
        var lastHeard = Time.GetUtcNow();
        Network.Partition(["a"], ["b"]);

        Time.Advance(TimeSpan.FromSeconds(27) - Millisecond);
        peer.Session.IsEnded.ShouldBeFalse();
        Time.Advance(Millisecond);

        peer.Session.IsEnded.ShouldBeTrue();
        var down = await a.Events.FirstAsync<PeerDownEvent>();
        down.Reason.ShouldBe(EndReason.Timeout);
        (down.At - lastHeard).ShouldBe(TimeSpan.FromSeconds(27));

        Network.Heal();
        await DriveAsync(a.Events.FirstAsync<PeerUpEvent>(skip: 1));   // and it comes back by itself
        await DriveAsync(b.PeerAsync("a"));
        await DriveAsync(ShouldBeOneSessionAsync(a, b));
    }

    [Fact]
    public async Task The_handshake_gives_the_first_round_trip_time()
    {
        Network.Latency = (_, _) => TimeSpan.FromMilliseconds(400);
        var (a, b) = await PairAsync();

        a.Node.Peers[0].Rtt.ShouldBe(TimeSpan.FromMilliseconds(800), TimeSpan.FromMilliseconds(100));
        b.Node.Peers[0].Rtt.ShouldBe(TimeSpan.FromMilliseconds(800), TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task An_idle_peer_that_answers_is_never_accused()
    {
        Network.Latency = (_, _) => TimeSpan.FromMilliseconds(400);
        var (a, b) = await PairAsync(o => o.PingInterval = o.PingDeadline = TimeSpan.FromSeconds(1));

        await DriveAsync(10);

        a.Node.Peers[0].Rtt.ShouldBe(TimeSpan.FromMilliseconds(800), TimeSpan.FromMilliseconds(100));
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        b.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_that_did_not_run_itself_accuses_nobody()
    {
        var clock = new SuspendableTime(Time);
        var (a, b) = await PairAsync(o =>
        {
            o.TimeProvider = clock;
            o.PingInterval = o.PingDeadline = TimeSpan.FromSeconds(4);
        });
        var peer = a.Node.Peers[0];
        Network.SetPath("b", "a", PathState.Silent);
        await DriveAsync(5);   // it has pinged; the answer is there, as far as b can tell

        clock.Suspend(TimeSpan.FromHours(3));
        await DriveAsync(2);   // it runs again, and its own clock says that the deadline is long past
        peer.IsConnected.ShouldBeTrue();
        Network.Heal();        // now it gets to read
        await DriveAsync(9);

        peer.IsConnected.ShouldBeTrue();
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        b.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dial_that_nobody_answers_fails_after_ten_seconds()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        Network.Partition(["a"], ["b"]);
        var dialling = Should.ThrowAsync<FirnException>(() => a.Node.ConnectAsync(b.Address));
        await NodeGroup.UntilAsync(() => Network.Dials == 1, "the dial to begin");

        Time.Advance(TimeSpan.FromSeconds(10) - Millisecond);
        dialling.IsCompleted.ShouldBeFalse();
        Time.Advance(Millisecond);

        var error = await dialling.WaitAsync(EventLog.Ceiling);
        error.Reason.ShouldBe(FailureReason.TimedOut);
        error.Message.ShouldContain(b.Address.ToString());
    }

    [Fact]
    public async Task A_session_ends_with_the_leaf_that_it_was_made_with_and_comes_back_with_a_new_one()
    {
        var (a, b) = await PairAsync(Patient, Patient);
        static void Patient(NodeOptions options) => options.PingInterval = options.PingDeadline = TimeSpan.FromDays(1);
        var first = a.Node.Peers[0];
        var expiry = first.Session.Terms.ExpiresAt;

        while (Time.GetUtcNow() < expiry - TimeSpan.FromHours(1))
        {
            Time.Advance(TimeSpan.FromMinutes(55));
            await DriveAsync(0.1);
        }

        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        Time.Advance(expiry - Time.GetUtcNow() - Millisecond);
        first.Session.IsEnded.ShouldBeFalse();
        Time.Advance(2 * Millisecond);
        first.Session.IsEnded.ShouldBeTrue();

        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.CredentialExpired);
        (await DriveAsync(b.Events.FirstAsync<PeerDownEvent>())).Reason.ShouldBe(EndReason.CredentialExpired);
        await DriveAsync(a.Events.FirstAsync<PeerUpEvent>(skip: 1));
        a.Node.Peers[0].Session.Terms.ExpiresAt.ShouldBeGreaterThan(expiry + TimeSpan.FromDays(3));
    }

    [Fact]
    public async Task A_node_that_slept_for_weeks_connects_with_a_new_leaf_at_once()
    {
        var (a, b) = await PairAsync();
        Time.JumpWallClock(TimeSpan.FromDays(20));

        await DriveAsync(a.Events.FirstAsync<PeerDownEvent>());
        await DriveAsync(a.Events.FirstAsync<PeerUpEvent>(skip: 1));

        a.Node.Peers[0].Session.Terms.ExpiresAt.ShouldBeGreaterThan(Time.GetUtcNow() + TimeSpan.FromDays(3));
        b.Events.Of<RefusedEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clock_that_was_far_ahead_at_the_start_does_no_lasting_harm()
    {
        var a = await StartAsync("a");
        var clock = new SuspendableTime(Time) { WallOffset = TimeSpan.FromDays(400) };
        var b = await StartAsync("b", o => o.TimeProvider = clock);
        var refused = await DriveAsync(Should.ThrowAsync<FirnException>(() => b.Node.ConnectAsync(a.Address)));
        refused.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        refused.Message.ShouldContain("clock");   // b judges a's leaf by its own

        clock.WallOffset = TimeSpan.Zero;   // as when the clock was set at last

        await DriveAsync(b.ConnectAsync(a));
        await DriveAsync(a.PeerAsync("b"));
    }

    private static async Task ShouldBeOneSessionAsync(LiveNode a, LiveNode b) => await a.Events.WhenAsync(
        _ => a.Node.Peers is [var there] && b.Node.Peers is [var back] && there.SessionId == back.SessionId, "one session");

    /// <summary>A clock that a suspension of the process jumps over: timers are late by as much.</summary>
    private sealed class SuspendableTime(TimeProvider inner) : TimeProvider
    {
        private long _lost;

        public TimeSpan WallOffset { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

        public void Suspend(TimeSpan span) => Interlocked.Add(ref _lost, (long)(span.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => inner.GetTimestamp() + Interlocked.Read(ref _lost);

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + WallOffset;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}
