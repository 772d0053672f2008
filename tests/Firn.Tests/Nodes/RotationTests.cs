using Firn.Identity;
using Firn.Testing;
using Firn.Tests.Identity;
using Firn.Unlocking;
using Microsoft.Extensions.Logging;

namespace Firn.Tests.Nodes;

/// <summary>Identities that were rotated, over real nodes: who follows, who is refused, and what two statements of one key do.</summary>
public sealed class RotationTests : VirtualNodeFixture, IDisposable
{
    private readonly TemporaryDirectory _homes = new();

    public void Dispose() => _homes.Dispose();

    [Theory]
    [InlineData(AdmissionMode.Trust, true)]
    [InlineData(AdmissionMode.Trust, false)]
    [InlineData(AdmissionMode.Both, true)]
    public async Task A_peer_that_was_away_follows_whoever_dials_and_the_thief_of_the_old_key_is_refused(AdmissionMode mode, bool rotatedDials)
    {
        var (a, b) = await AcquaintedAsync(mode);
        var old = a.Node.Self.Did;
        await StopAsync(a, b);
        CopyKey("a", "thief");
        Rotate("a");
        a = await StartAsync("a", mode);
        b = await StartAsync("b", mode);
        a.Node.Self.Did.ShouldNotBe(old);

        await DriveAsync(rotatedDials ? a.ConnectAsync(b) : b.ConnectAsync(a));

        (await DriveAsync(b.PeerAsync("a"))).Did.ShouldBe(a.Node.Self.Did);
        string told = (await DriveAsync(b.Events.FirstAsync<NodeWarningEvent>())).Message;
        foreach (string part in new[] { "a@a.lan rotated", old.ToString(), a.Node.Self.Did.ToString(), Protocol.DidFingerprint.Of(a.Node.Self.Did) })
            told.ShouldContain(part);
        HomeOf("b").Trust.Read().Entries.ShouldHaveSingleItem().Did.ShouldBe(a.Node.Self.Did);
        b.Node.Core.Decide((rules, now) => rules.ListPins(now)).ShouldHaveSingleItem().Did.ShouldBe(a.Node.Self.Did);

        // By whoever has seen it, after a start as well; and by the owner of the new one.
        await StopAsync(b);
        b = await StartAsync("b", mode);
        var thief = await StartAsync("thief", mode, o => o.Name = "a@a.lan");
        thief.Node.Self.Did.ShouldBe(old);
        await DriveAsync(thief.Node.TrustAsync(b.Node.Self.Did));
        await DriveAsync(DialFailureAsync(thief, b.Address));
        var refused = await DriveAsync(b.Events.FirstAsync<RefusedEvent>());
        (refused.Reason, refused.Message.Contains("retired", StringComparison.Ordinal)).ShouldBe((FailureReason.NotTrusted, true));
        (await DriveAsync(DialFailureAsync(b, thief.Address))).Message.ShouldContain("retired");
        await DriveAsync(a.ConnectAsync(b));
    }

    [Fact]
    public async Task A_peer_that_has_pinned_the_name_by_cookie_follows_at_once_and_ends_what_the_old_key_had()
    {
        var (a, b) = await AcquaintedAsync(AdmissionMode.Cookie);
        await StopAsync(a);
        CopyKey("a", "thief");
        Rotate("a");
        a = await StartAsync("a", AdmissionMode.Cookie);
        var thief = await StartAsync("thief", AdmissionMode.Cookie, o => o.Name = "a@a.lan");
        await DriveAsync(thief.ConnectAsync(b));   // nobody there has heard of the rotation yet

        await DriveAsync(a.ConnectAsync(b));

        (await DriveAsync(thief.Events.FirstAsync<PeerDownEvent>())).Reason.ShouldBe(EndReason.Refused);
        b.Node.Peers.ShouldHaveSingleItem().Did.ShouldBe(a.Node.Self.Did);
        await DriveAsync(DialFailureAsync(thief, b.Address));
        (await DriveAsync(b.Events.FirstAsync<RefusedEvent>())).Message.ShouldContain("retired");
    }

    [Theory]
    [InlineData(AdmissionMode.Trust, true)]
    [InlineData(AdmissionMode.Trust, false)]
    [InlineData(AdmissionMode.Cookie, true)]
    public async Task Two_successors_of_one_key_freeze_it_until_the_operator_decides(AdmissionMode mode, bool thiefDials)
    {
        var (a, b) = await AcquaintedAsync(mode);
        await StopAsync(a);
        CopyKey("a", "thief");
        var old = a.Node.Self.Did;
        Rotate("a");
        Rotate("thief", "a@a.lan");
        a = await StartAsync("a", mode);
        await DriveAsync(a.ConnectAsync(b));
        var thief = await StartAsync("thief", mode, o => o.Name = "a@a.lan");
        await DriveAsync(thief.Node.TrustAsync(b.Node.Self.Did));

        await DriveAsync(thiefDials ? DialFailureAsync(thief, b.Address) : DialFailureAsync(b, thief.Address));

        string told = (await DriveAsync(b.Events.FirstAsync<NodeWarningEvent>(e => e.Message.Contains("frozen", StringComparison.Ordinal)))).Message;
        foreach (string part in new[] { old.ToString(), a.Node.Self.Did.ToString(), thief.Node.Self.Did.ToString(), "firn trust add", "firn pins forget" })
            told.ShouldContain(part);
        (await DriveAsync(a.Events.FirstAsync<PeerDownEvent>())).Reason.ShouldBe(EndReason.Refused);
        b.Node.Peers.ShouldBeEmpty();

        // Also after a start, for both.
        await StopAsync(b);
        b = await StartAsync("b", mode);
        await DriveAsync(DialFailureAsync(a, b.Address));
        await DriveAsync(DialFailureAsync(thief, b.Address));
        b.Node.Peers.ShouldBeEmpty();

        await DriveAsync(b.Node.TrustAsync(a.Node.Self.Did));
        (await DriveAsync(a.ConnectAsync(b))).Did.ShouldBe(b.Node.Self.Did);
        await DriveAsync(DialFailureAsync(thief, b.Address));
        b.Node.Peers.ShouldHaveSingleItem().Did.ShouldBe(a.Node.Self.Did);
    }

    [Theory]
    [InlineData(AdmissionMode.Trust)]
    [InlineData(AdmissionMode.Cookie)]
    public async Task Who_followed_the_thief_first_goes_over_to_the_owner_that_the_operator_decides_for(AdmissionMode mode)
    {
        var (a, b) = await AcquaintedAsync(mode);
        await DriveAsync(b.Node.TrustAsync(a.Node.Self.Did, "a"));
        await StopAsync(a);
        CopyKey("a", "thief");
        Rotate("a");
        Rotate("a");   // and once more, to be sure
        Rotate("thief", "a@a.lan");
        var thief = await StartAsync("thief", mode, o => o.Name = "a@a.lan");
        await DriveAsync(thief.Node.TrustAsync(b.Node.Self.Did));
        await DriveAsync(thief.ConnectAsync(b));
        HomeOf("b").Trust.Read().Entries.ShouldHaveSingleItem().Did.ShouldBe(thief.Node.Self.Did);
        a = await StartAsync("a", mode);
        await DriveAsync(DialFailureAsync(a, b.Address));
        (await DriveAsync(thief.Events.FirstAsync<PeerDownEvent>())).Reason.ShouldBe(EndReason.Refused);

        await DriveAsync(b.Node.TrustAsync(a.Node.Self.Did));

        (await DriveAsync(a.ConnectAsync(b))).Did.ShouldBe(b.Node.Self.Did);
        var entry = HomeOf("b").Trust.Read().Entries.ShouldHaveSingleItem();
        (entry.Did, entry.Name).ShouldBe((a.Node.Self.Did, "a"));
        await DriveAsync(DialFailureAsync(thief, b.Address));
    }

    /// <summary>The table is the home's, so another node there may be the one that saw it; and it may start long after.</summary>
    [Fact]
    public async Task Every_node_of_the_home_is_told_of_a_frozen_key_and_at_each_start_again()
    {
        var (a, b) = await AcquaintedAsync(AdmissionMode.Cookie);
        var sibling = await StartAsync("sibling", AdmissionMode.Cookie, o => o.Home = _homes.In("b"));
        await StopAsync(a);
        CopyKey("a", "thief");
        Rotate("a");
        Rotate("thief", "a@a.lan");
        a = await StartAsync("a", AdmissionMode.Cookie);
        await DriveAsync(a.ConnectAsync(b));
        var thief = await StartAsync("thief", AdmissionMode.Cookie, o => o.Name = "a@a.lan");
        await DriveAsync(DialFailureAsync(thief, b.Address));

        (await DriveAsync(sibling.Events.FirstAsync<NodeWarningEvent>())).Message.ShouldContain("is frozen");
        await StopAsync(sibling);
        using var log = new ErrorLog();
        await StartAsync("sibling", AdmissionMode.Cookie, o => (o.Home, o.LoggerFactory) = (_homes.In("b"), log));
        (await DriveAsync(log.First)).ShouldContain(a.Node.Self.Did.ToString());
        b.Events.Of<NodeWarningEvent>().Count(e => e.Message.Contains("is frozen", StringComparison.Ordinal)).ShouldBe(1, "once is enough");
    }

    /// <summary>Two nodes that were connected, and know each other.</summary>
    private async Task<(LiveNode A, LiveNode B)> AcquaintedAsync(AdmissionMode mode)
    {
        var a = await StartAsync("a", mode);
        var b = await StartAsync("b", mode);
        if (mode != AdmissionMode.Cookie)
        {
            await DriveAsync(a.Node.TrustAsync(b.Node.Self.Did));
            await DriveAsync(b.Node.TrustAsync(a.Node.Self.Did));
        }

        await DriveAsync(a.ConnectAsync(b));
        await DriveAsync(b.PeerAsync("a"));
        return (a, b);
    }

    private Task<LiveNode> StartAsync(string machine, AdmissionMode mode, Action<NodeOptions>? change = null) => StartAsync(machine, o =>
    {
        (o.Ephemeral, o.Home, o.Admit, o.Mesh) = (false, _homes.In(machine), mode, MeshMode.None);
        if (mode == AdmissionMode.Trust)
            o.Cookie = null;
        change?.Invoke(o);
    });

    private async Task StopAsync(params LiveNode[] nodes)
    {
        foreach (var node in nodes)
            await DriveAsync(node.DisposeAsync().AsTask());
    }

    private FirnHome HomeOf(string machine) => FirnHome.Open(_homes.In(machine));

    private void Rotate(string machine, string? name = null) =>
        IdentityFiles.Of(HomeOf(machine), NodeName.Parse(name ?? $"{machine}@{machine}.lan")).Rotate(Unlocker.Unattended, Time.GetUtcNow());

    /// <summary>Somebody takes the key of a node of one machine to another.</summary>
    private void CopyKey(string from, string to)
    {
        var name = NodeName.Parse($"{from}@{from}.lan");
        using var key = IdentityFiles.Of(HomeOf(from), name).Load(Unlocker.Unattended, Time.GetUtcNow());
        Firn.Identity.NodeHome.Lock(HomeOf(to), name).Dispose();
        IdentityFiles.Of(HomeOf(to), name).SavePlain(key, Time.GetUtcNow());
    }

    /// <summary>The first error that a node logs.</summary>
    private sealed class ErrorLog : ILoggerFactory, ILogger
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => _first.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                _first.TrySetResult(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }

    private static Task<FirnException> DialFailureAsync(LiveNode node, NodeAddress address) =>
        Should.ThrowAsync<FirnException>(() => node.Node.ConnectAsync(address));
}
