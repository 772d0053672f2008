using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Firn.Testing;

namespace Firn.Tests.Nodes;

/// <summary>Nodes that are told by sources where peers may be.</summary>
public sealed class PeerSourceTests : VirtualNodeFixture
{
    [Fact]
    public async Task What_a_source_finds_is_dialled_and_what_it_loses_stays_connected()
    {
        var b = await StartAsync("b", static o => o.Mesh = MeshMode.None);
        var source = new ScriptedSource();
        var a = await StartAsync("a", o => (o.Mesh, _) = (MeshMode.None, Add(o, source)));
        source.Says(new PeerFound("b", [b.Address], b.Node.Self.Did));
        await DriveAsync(a.PeerAsync("b"));
        source.Self.ShouldBe(a.Node.Self);

        source.Says(new PeerLost("b"));
        source.Says(new PeerLost("never said"));
        await DriveAsync(1);
        a.Node.Peers.ShouldHaveSingleItem();
        Network.Cut("a", "b");
        await DriveAsync(a.Events.FirstAsync<PeerDownEvent>());
        long dials = Network.Dials;
        await DriveAsync(5);
        Network.Dials.ShouldBe(dials);
    }

    [Fact]
    public async Task Another_key_than_the_found_one_is_refused()
    {
        var (b, c) = (await StartAsync("b"), await StartAsync("c"));
        var source = new ScriptedSource();
        var a = await StartAsync("a", o => Add(o, source));
        source.Says(new PeerFound("b", [c.Address], b.Node.Self.Did));
        var failed = await DriveAsync(a.Events.FirstAsync<DialFailedEvent>());
        failed.Reason.ShouldBe(FailureReason.WrongPeer);
        a.Node.Peers.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_source_that_throws_is_asked_again_and_what_it_had_said_no_longer_counts()
    {
        var b = await StartAsync("b");
        var source = new ScriptedSource();
        var a = await StartAsync("a", o => Add(o, source));
        var nobody = NodeAddress.Parse("10.99.99.99:1");
        source.Says(new PeerFound("x", [nobody]));
        await DriveAsync(a.Events.FirstAsync<DialFailedEvent>());

        source.Fails(new InvalidOperationException("the test says so"));
        await DriveAsync(source.WhenAskedAsync(2));
        long dials = Network.Dials;
        await DriveAsync(5);
        Network.Dials.ShouldBe(dials);
        source.Says(new PeerFound("b", [b.Address]));
        await DriveAsync(a.PeerAsync("b"));
    }

    [Fact]
    public async Task Two_sources_of_one_name_are_two_and_what_the_other_has_said_still_counts_when_one_throws()
    {
        var (lasting, failing) = (new ScriptedSource(), new ScriptedSource());
        var a = await StartAsync("a", o => (_, _) = (Add(o, lasting), Add(o, failing)));
        lasting.Says(new PeerFound("x", [NodeAddress.Parse("10.99.99.99:1")]));
        await DriveAsync(a.Events.FirstAsync<DialFailedEvent>());

        failing.Fails(new InvalidOperationException("the test says so"));
        await DriveAsync(failing.WhenAskedAsync(2));
        long dials = Network.Dials;

        await DriveAsync(NodeGroup.UntilAsync(() => Network.Dials > dials, "another dial"));
    }

    [Fact]
    public async Task A_source_that_throws_is_not_asked_again_at_once()
    {
        var source = new ScriptedSource();
        await StartAsync("a", o => Add(o, source));
        await DriveAsync(source.WhenAskedAsync(1));
        source.Fails(new InvalidOperationException("the test says so"));
        await DriveAsync(NodeGroup.UntilAsync(() => source.Running == 0, "it to have thrown"));
        long threw = Time.GetTimestamp();

        await DriveAsync(source.WhenAskedAsync(1));

        Time.GetElapsedTime(threw).ShouldBeInRange(TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_key_that_is_far_too_long_is_no_place()
    {
        var b = await StartAsync("b");
        var source = new ScriptedSource();
        var a = await StartAsync("a", o => Add(o, source));
        source.Says(new PeerFound(new string('k', 257), [NodeAddress.Parse("10.99.99.99:1")]));
        source.Says(new PeerFound(new string('k', 256), [b.Address]));

        await DriveAsync(a.PeerAsync("b"));

        a.Events.Of<DialFailedEvent>().ShouldBeEmpty();
        Network.Dials.ShouldBe(1);
    }

    [Fact]
    public async Task A_configured_address_that_is_longer_than_a_key_is_dialled_like_any_other()
    {
        string host = string.Join('.', Enumerable.Repeat(new string('h', 63), 3)) + "." + new string('h', 61);   // 253: as long as a name may be
        var a = await StartAsync("a", o => o.Peers.Add($"wanted@{host}:3476"));

        (await DriveAsync(a.Events.FirstAsync<DialFailedEvent>())).Address.Host.ShouldBe(host);
    }

    [Fact]
    public async Task A_list_of_addresses_that_takes_its_time_holds_up_nothing_of_the_node()
    {
        var source = new ScriptedSource();
        var a = await StartAsync("a", o => Add(o, source));
        var dialled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        source.Says(new PeerFound("x", new SlowList(() =>
            dialled.TrySetResult(Task.Run(() => { _ = a.Node.ConnectAsync("tcp://10.99.99.98:1"); }).Wait(EventLog.Ceiling)))));

        (await DriveAsync(dialled.Task)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_disposed_node_has_cancelled_its_sources_and_waited_for_them()
    {
        var source = new ScriptedSource();
        var failing = new ScriptedSource();
        failing.Fails(new IOException("at once"));
        var a = await StartAsync("a", o => (_, _) = (Add(o, source), Add(o, failing)));
        await DriveAsync(source.WhenAskedAsync(1));
        await DriveAsync(failing.WhenAskedAsync(1));
        await DriveAsync(a.DisposeAsync().AsTask());
        source.Running.ShouldBe(0);
        failing.Running.ShouldBe(0);
    }

    private static bool Add(NodeOptions options, IPeerSource source)
    {
        options.Sources.Add(source);
        return true;
    }

    /// <summary>One address, and something that happens whenever somebody looks at it.</summary>
    private sealed class SlowList(Action onLook) : IReadOnlyList<NodeAddress>
    {
        public int Count => 1;

        public NodeAddress this[int index] => NodeAddress.Parse("10.99.99.99:1");

        public IEnumerator<NodeAddress> GetEnumerator()
        {
            onLook();
            yield return this[0];
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Says what a test tells it to.</summary>
    private sealed class ScriptedSource : IPeerSource
    {
        private readonly Channel<Func<PeerSighting>> _script = Channel.CreateUnbounded<Func<PeerSighting>>();
        private readonly Channel<NodeSelf> _asked = Channel.CreateUnbounded<NodeSelf>();
        private int _running;

        public string Name => "script";

        public NodeSelf? Self { get; private set; }

        public int Running => Volatile.Read(ref _running);

        public void Says(PeerSighting sighting) => _script.Writer.TryWrite(() => sighting);

        public void Fails(Exception e) => _script.Writer.TryWrite(() => throw e);

        /// <summary>Completes when it has been asked so many times in all; each one counts once.</summary>
        public async Task WhenAskedAsync(int times)
        {
            while (times-- > 0)
                await _asked.Reader.ReadAsync();
        }

        public async IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Self = self;
            Interlocked.Increment(ref _running);
            _asked.Writer.TryWrite(self);
            try
            {
                await foreach (var says in _script.Reader.ReadAllAsync(cancellationToken))
                    yield return says();
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
