using Firn.Testing;

namespace Firn.Tests.Nodes;

/// <summary>Who is admitted by whom, over real nodes; and what ends when that changes.</summary>
public sealed class AdmissionTests : NodeFixture
{
    public static TheoryData<AdmissionMode, AdmissionMode> Modes
    {
        get
        {
            var modes = new TheoryData<AdmissionMode, AdmissionMode>();
            foreach (var dialling in Enum.GetValues<AdmissionMode>())
            {
                foreach (var dialled in Enum.GetValues<AdmissionMode>())
                    modes.Add(dialling, dialled);
            }

            return modes;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Each_end_gets_what_its_mode_demands_or_both_are_told_why_not(AdmissionMode dialling, AdmissionMode dialled)
    {
        var a = await AdmittingAsync("a", dialling);
        var b = await AdmittingAsync("b", dialled);
        bool goTogether = (dialling == AdmissionMode.Trust) == (dialled == AdmissionMode.Trust);

        if (dialling != AdmissionMode.Cookie)
        {
            var untrusting = await DialFailureAsync(a, b.Address.ToString());
            untrusting.Reason.ShouldBe(FailureReason.NotTrusted);
            untrusting.Message.ShouldContain($"firn trust add {b.Node.Self.Did}");
            await a.Node.TrustAsync(b.Node.Self.Did);
        }

        if (goTogether && dialled != AdmissionMode.Cookie)
        {
            var untrusted = await DialFailureAsync(a, b.Address.ToString());
            untrusted.Reason.ShouldBe(FailureReason.AuthenticationFailed);
            untrusted.Message.ShouldContain($"firn trust add {a.Node.Self.Did}");
            (await b.Events.FirstAsync<RefusedEvent>(e => e.Reason == FailureReason.NotTrusted)).Message.ShouldContain(a.Node.Self.Did.ToString());
            await b.Node.TrustAsync(a.Node.Self.Did);
        }

        if (!goTogether)
        {
            var differing = await DialFailureAsync(a, b.Address.ToString());
            differing.Reason.ShouldBe(FailureReason.AdmissionDiffers);
            differing.Message.ShouldContain("--admit");
            (await b.Events.FirstAsync<RefusedEvent>(e => e.Reason == FailureReason.AdmissionDiffers)).Message.ShouldContain("--admit");
            (a.Node.Peers.Count, b.Node.Peers.Count).ShouldBe((0, 0));
            return;
        }

        var there = await a.ConnectAsync(b);
        var back = await b.PeerAsync("a");
        CookieAge? cookie = dialling == AdmissionMode.Trust ? null : CookieAge.Current;
        (there.Admission, there.Cookie, back.Admission, back.Cookie).ShouldBe((dialling, cookie, dialled, cookie));
        (await there.PingAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(AdmissionMode.Trust)]
    [InlineData(AdmissionMode.Both)]
    public async Task A_key_that_is_trusted_no_longer_is_out_at_once_and_comes_back_when_it_is(AdmissionMode mode)
    {
        var a = await AdmittingAsync("a", mode);
        var b = await AdmittingAsync("b", mode, o => o.Peers.Add(a.Address.ToString()));
        await Task.WhenAll(a.Node.TrustAsync(b.Node.Self.Did), b.Node.TrustAsync(a.Node.Self.Did));
        await a.PeerAsync("b");
        await b.PeerAsync("a");

        await a.Node.DistrustAsync(b.Node.Self.Did);
        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Refused);
        (await b.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Refused);
        (await a.Events.FirstAsync<RefusedEvent>(e => e.Message.Contains("does not trust", StringComparison.Ordinal))).Reason.ShouldBe(FailureReason.NotTrusted);
        a.Node.Peers.ShouldBeEmpty();

        await a.Node.TrustAsync(b.Node.Self.Did);
        await a.Events.FirstAsync<PeerUpEvent>(skip: 1);
    }

    [Fact]
    public async Task A_told_peer_is_dialled_as_soon_as_it_is_trusted()
    {
        var seed = await AdmittingAsync("seed", AdmissionMode.Trust);
        var b = await AdmittingAsync("b", AdmissionMode.Trust);
        var c = await AdmittingAsync("c", AdmissionMode.Trust);
        foreach (var node in new[] { b, c })
        {
            await seed.Node.TrustAsync(node.Node.Self.Did);
            await node.Node.TrustAsync(seed.Node.Self.Did);
            await node.ConnectAsync(seed);
        }

        // C, who trusts B, dials it when it is told of it, and is turned away: so the news has travelled, and B knows of C as well.
        await c.Node.TrustAsync(b.Node.Self.Did);
        await b.Events.FirstAsync<RefusedEvent>(e => e.Reason == FailureReason.NotTrusted);
        b.Events.Of<DialFailedEvent>().ShouldBeEmpty();
        await b.Node.TrustAsync(c.Node.Self.Did);
        await b.PeerAsync("c");
        await c.PeerAsync("b");
    }

    [Fact]
    public async Task Another_key_under_a_name_is_refused_with_both_keys_until_the_old_one_is_forgotten()
    {
        var a = await AdmittingAsync("a", AdmissionMode.Trust);
        var b = await AdmittingAsync("b", AdmissionMode.Trust);
        var thief = await AdmittingAsync("b", AdmissionMode.Trust);
        await a.Node.TrustAsync(b.Node.Self.Did);
        await a.Node.TrustAsync(thief.Node.Self.Did);
        await Task.WhenAll(b.Node.TrustAsync(a.Node.Self.Did), thief.Node.TrustAsync(a.Node.Self.Did));
        await a.ConnectAsync(b);

        var dialled = await DialFailureAsync(a, thief.Address.ToString());
        dialled.Reason.ShouldBe(FailureReason.NameTaken);
        dialled.Message.ShouldContain(b.Node.Self.Did.ToString());
        dialled.Message.ShouldContain(thief.Node.Self.Did.ToString());
        dialled.Message.ShouldContain("firn pins forget b@b.lan");

        var dialling = await DialFailureAsync(thief, a.Address.ToString());
        dialling.Reason.ShouldBe(FailureReason.NameTaken);
        dialling.Message.ShouldContain(thief.Node.Self.Did.ToString());
        (await a.Events.FirstAsync<RefusedEvent>(e => e.Reason == FailureReason.NameTaken)).Message.ShouldContain(b.Node.Self.Did.ToString());

        var name = b.Node.Self.Name;
        Should.Throw<FirnException>(() => a.Node.Core.Decide((rules, now) => rules.ForgetPin(name, now))).Message.ShouldContain("firn hangup");
        await b.DisposeAsync();
        await a.WaitUntilPeersAsync();
        a.Node.Core.Decide((rules, now) => rules.ForgetPin(name, now)).ShouldBe(b.Node.Self.Did);
        (await a.ConnectAsync(thief)).Did.ShouldBe(thief.Node.Self.Did);
    }

    [Fact]
    public async Task A_key_that_is_pinned_to_a_name_keeps_others_off_it_by_cookie_as_well()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        var other = await StartAsync("b");
        await a.Node.TrustAsync(other.Node.Self.Did, "b");

        (await DialFailureAsync(a, b.Address.ToString())).Message.ShouldContain($"firn trust remove {other.Node.Self.Did}");
        (await a.ConnectAsync(other)).Did.ShouldBe(other.Node.Self.Did);
        await a.Node.TrustAsync(other.Node.Self.Did, "c");
        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Refused);
    }

    [Fact]
    public async Task Refusals_are_counted_by_their_reason()
    {
        var counted = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "firn.refusals" && instrument.Meter.Tags!.Contains(new("firn.node", "counting@counting.lan")))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Add(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        listener.Start();
        var a = await AdmittingAsync("counting", AdmissionMode.Trust);
        var b = await AdmittingAsync("b", AdmissionMode.Trust, o => o.Trusted.Add(a.Node.Self.Did.ToString()));
        var c = await AdmittingAsync("c", AdmissionMode.Cookie);

        await DialFailureAsync(b, a.Address.ToString());
        await DialFailureAsync(c, a.Address.ToString());
        await DialFailureAsync(a, b.Address.ToString());
        await a.Events.WhenAsync(all => all.OfType<RefusedEvent>().Count() == 2, "two refusals");

        counted.ShouldBe(
            ["role=acceptor reason=NotTrusted", "role=acceptor reason=AdmissionDiffers", "role=initiator reason=NotTrusted"], ignoreOrder: true);
    }

    private Task<LiveNode> AdmittingAsync(string name, AdmissionMode mode, Action<NodeOptions>? change = null) => StartAsync(name, options =>
    {
        options.Admit = mode;
        if (mode == AdmissionMode.Trust)
            options.Cookie = null;
        change?.Invoke(options);
    });
}
