using System.Security.Cryptography;
using Firn.Identity;
using Firn.Protocol;
using Firn.Runtime;
using Firn.Testing;
using Firn.Tests.Identity;

namespace Firn.Tests.Nodes;

/// <summary>Joining by an invite over real nodes, in memory and on virtual time.</summary>
public sealed class InviteTests : VirtualNodeFixture
{
    private readonly List<IDisposable> _kept = [];

    [Fact]
    public async Task Who_takes_an_invite_has_the_cookie_that_proves_and_is_a_peer()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter);
        var joiner = NewJoiner("joiner");

        var (at, offer) = await DriveAsync(joiner.LookAsync(invite, default));
        offer.ShouldBe(new JoinOffer("default", inviter.Node.Self.Name, AdmissionMode.Cookie, InviteGifts.Cookie));
        at.ShouldBe(inviter.Address);
        Time.Advance(TimeSpan.FromMinutes(9));   // the person thinks for longer than any handshake lasts
        var other = offer with { Cluster = "what the person did not see" };
        (await FailureAsync(joiner.TakeAsync(invite, at, other, default))).Message.ShouldContain("nothing was taken");
        var grant = await DriveAsync(joiner.TakeAsync(invite, at, offer, default));
        string cookie = Cookie.Generate(grant.Cookie.ShouldNotBeNull().Bytes);

        cookie.ShouldBe(NodeGroup.Cookie);
        inviter.Node.Peers.ShouldBeEmpty();   // it opens nothing but joining
        inviter.Events.Of<PeerUpEvent>().ShouldBeEmpty();
        var node = await StartAsync("joiner", o => o.Cookie = cookie);
        await DriveAsync(node.ConnectAsync(inviter));
    }

    [Fact]
    public async Task With_trust_both_are_trusted_before_either_says_so_and_the_cookie_comes_where_it_is_asked_for()
    {
        foreach (var (mode, trustOnly) in new[] { (AdmissionMode.Trust, false), (AdmissionMode.Both, false), (AdmissionMode.Both, true) })
        {
            var inviter = await StartAsync($"inviter{mode}{trustOnly}", o => (o.Admit, o.Cookie) = (mode, mode == AdmissionMode.Trust ? null : NodeGroup.Cookie));
            using var invite = Invite(inviter, trustOnly: trustOnly);
            var joining = NewJoiner($"joiner{mode}{trustOnly}", out var did);

            var (at, offer) = await DriveAsync(joining.LookAsync(invite, default));
            inviter.Node.Core.Setup.Handshake.Admission.Trust.Entries.ShouldBeEmpty("who looks has nothing");
            var grant = await DriveAsync(joining.TakeAsync(invite, at, offer, default));

            (grant.Cookie is not null).ShouldBe(mode == AdmissionMode.Both && !trustOnly);
            var entry = inviter.Node.Core.Setup.Handshake.Admission.Trust.Entries.ShouldHaveSingleItem();
            (entry.Did, entry.Name, entry.Label).ShouldBe((did, null, $"joined by invite {invite.Id}"));
            grant.Cookie?.Dispose();
        }
    }

    [Fact]
    public async Task An_invite_is_the_first_nodes_and_a_line_stolen_after_use_is_worthless()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter);
        var (joiner, thief) = (NewJoiner("joiner", out var did), NewJoiner("thief", out var thiefs));

        var (at, offer) = await DriveAsync(joiner.LookAsync(invite, default));
        (await FailureAsync(thief.LookAsync(invite, default))).Reason.ShouldBe(FailureReason.InviteRefused);
        (await FailureAsync(thief.TakeAsync(invite, at, offer, default))).Message.ShouldContain("used up");
        (await DriveAsync(joiner.TakeAsync(invite, at, offer, default))).Cookie!.Dispose();
        (await DriveAsync(joiner.TakeAsync(invite, at, offer, default))).Cookie!.Dispose();   // its connection broke before
        inviter.Node.Core.Invites.List().ShouldHaveSingleItem().UsedBy.ShouldBe([did]);
        (await inviter.Events.FirstAsync<RefusedEvent>()).Message.ShouldContain(thiefs.ToString());

        Time.Advance(TimeSpan.FromMinutes(10));
        (await FailureAsync(joiner.TakeAsync(invite, at, offer, default))).Message.ShouldContain("used up");
    }

    [Fact]
    public async Task Of_those_who_race_for_one_use_exactly_one_wins()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter, uses: 2);
        var joiners = Enumerable.Range(0, 6).Select(i => NewJoiner($"joiner{i}")).ToList();

        var looks = joiners.Select(joiner => joiner.LookAsync(invite, default)).ToList();
        await DriveAsync(Task.WhenAll(looks).ContinueWith(static _ => true, TaskScheduler.Default));

        looks.Count(look => look.IsCompletedSuccessfully).ShouldBe(2);
        looks.Where(look => look.IsFaulted).ShouldAllBe(look => ((FirnException)look.Exception!.InnerException!).Reason == FailureReason.InviteRefused);
        inviter.Node.Core.Invites.List().Single().Over.ShouldBe(JoinDecision.Used);
    }

    [Fact]
    public async Task An_invite_expires_and_a_cancelled_one_takes_nobody_and_who_proves_it_is_told()
    {
        var inviter = await StartAsync("inviter");
        using var expiring = Invite(inviter, lifetime: TimeSpan.FromSeconds(30));
        using var cancelled = Invite(inviter);
        var joiner = NewJoiner("joiner");
        inviter.Node.Core.Invites.Cancel(cancelled.Id.ToString());
        (await FailureAsync(joiner.LookAsync(cancelled, default))).Message.ShouldContain("cancelled there");

        Time.Advance(TimeSpan.FromSeconds(31));
        var expired = await FailureAsync(joiner.LookAsync(expiring, default));
        (expired.Reason, expired.Message.Contains("has expired", StringComparison.Ordinal)).ShouldBe((FailureReason.InviteRefused, true));
        Should.Throw<FirnException>(() => inviter.Node.Core.Invites.Cancel("none")).Message.ShouldContain("firn invite --list");
    }

    [Fact]
    public async Task Who_comes_after_the_time_to_an_inviter_that_has_forgotten_the_invite_is_told_of_the_time()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter, lifetime: TimeSpan.FromSeconds(30));
        using var code = new InviteCode(RandomNumberGenerator.GetBytes(InviteCode.Length));
        using var forgotten = Line(invite, new InviteId(1), code);
        var joiner = NewJoiner("joiner");
        (await FailureAsync(joiner.LookAsync(forgotten, default))).Message.ShouldNotContain("By this machine's clock");

        Time.Advance(TimeSpan.FromSeconds(31));

        (await FailureAsync(joiner.LookAsync(forgotten, default))).Message.ShouldContain("By this machine's clock it expired at");
    }

    [Fact]
    public async Task A_restart_an_altered_line_and_a_guess_look_alike_and_guesses_end_the_invite()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter);
        using var wrong = new InviteCode(RandomNumberGenerator.GetBytes(InviteCode.Length));
        using var altered = Line(invite, invite.Id, wrong);
        using var unknown = Line(invite, new InviteId(1), wrong);
        var joiner = NewJoiner("joiner");

        var failures = new[] { await FailureAsync(joiner.LookAsync(altered, default)), await FailureAsync(joiner.LookAsync(unknown, default)) };
        failures.ShouldAllBe(e => e.Reason == FailureReason.AuthenticationFailed);
        failures.Select(e => e.Message).Distinct().Count().ShouldBe(1);
        for (int i = 1; i < InviteBook.MaxWrongProofs; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1.1));
            await FailureAsync(joiner.LookAsync(altered, default));
        }

        (await inviter.Events.FirstAsync<NodeWarningEvent>()).Message.ShouldContain(invite.Id.ToString());
        Time.Advance(TimeSpan.FromSeconds(20));
        (await FailureAsync(joiner.LookAsync(invite, default))).Message.ShouldBe(failures[0].Message);
    }

    [Fact]
    public async Task Another_node_at_the_address_is_told_nothing_and_the_next_address_is_tried()
    {
        var inviter = await StartAsync("inviter");
        var other = await StartAsync("other");
        using var invite = Invite(inviter, addresses: [other.Address, NodeAddress.Parse("tcp://nowhere:1"), inviter.Address]);
        var joiner = NewJoiner("joiner");
        (await DriveAsync(joiner.LookAsync(invite, default))).At.ShouldBe(inviter.Address);

        using var astray = Invite(inviter, addresses: [other.Address, NodeAddress.Parse("tcp://nowhere:1")]);
        var failure = await FailureAsync(joiner.LookAsync(astray, default));
        failure.Reason.ShouldBe(FailureReason.WrongPeer);
        failure.Message.ShouldContain(other.Node.Self.Did.ToString());
        failure.Message.ShouldContain("nowhere");
    }

    [Fact]
    public async Task An_address_that_swallows_everything_does_not_hold_up_the_others()
    {
        var inviter = await StartAsync("inviter");
        Network.Join("hole");
        Network.SetPath("joiner", "hole", PathState.Silent);
        using var invite = Invite(inviter, addresses: [NodeAddress.Parse("hole:1"), inviter.Address]);
        var joiner = NewJoiner("joiner");
        long began = Time.GetTimestamp();

        (await DriveAsync(joiner.LookAsync(invite, default))).At.ShouldBe(inviter.Address);

        Time.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        Network.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task The_code_is_proved_at_one_of_two_addresses_that_both_lead_to_the_inviter()
    {
        Network.Latency = static (_, _) => TimeSpan.FromMilliseconds(200);
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter, addresses: [NodeAddress.Parse($"inviter:{inviter.Address.Port}"), inviter.Address]);
        using var wrong = new InviteCode(RandomNumberGenerator.GetBytes(InviteCode.Length));
        using var altered = Line(invite, invite.Id, wrong);
        var joiner = NewJoiner("joiner");
        for (int i = 1; i < InviteBook.MaxWrongProofs; i++)
        {
            await FailureAsync(joiner.LookAsync(altered, default));
            Time.Advance(TimeSpan.FromSeconds(1.1));
        }

        Time.Advance(TimeSpan.FromSeconds(20));
        (await DriveAsync(joiner.LookAsync(invite, default))).Offer.Name.ShouldBe(inviter.Node.Self.Name, "as many wrong proofs more would have ended it");
        Network.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_joining_that_is_cancelled_says_so_and_leaves_nothing()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter);
        Network.Partition(["inviter"], ["joiner"]);
        using var cancel = new CancellationTokenSource();
        var looking = NewJoiner("joiner").LookAsync(invite, cancel.Token);
        await DriveAsync(1);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(looking.WaitAsync(EventLog.Ceiling));
        Network.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_silent_inviter_ends_after_10_s()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter);
        var joiner = NewJoiner("joiner");
        Network.Partition(["inviter"], ["joiner"]);
        (await FailureAsync(joiner.LookAsync(invite, default))).Reason.ShouldBe(FailureReason.TimedOut);
    }

    /// <summary>Else a stolen key, and a line, would give back what the rotation took.</summary>
    [Fact]
    public async Task A_key_that_is_not_in_force_neither_joins_nor_invites()
    {
        var inviter = await StartAsync("inviter", o => (o.Admit, o.Cookie) = (AdmissionMode.Trust, null));
        var joiner = NewJoiner("joiner", out var old, out var oldKey);
        var rotated = NewJoiner("joiner", out var did, out var newKey);
        var chain = RotationChain.Empty.Append(RotationStatement.Sign(oldKey, newKey, Time.GetUtcNow()));
        await DriveAsync(inviter.Node.Core.Admission.FollowAsync(chain, "joiner"));
        using var invite = Invite(inviter);

        (await FailureAsync(joiner.LookAsync(invite, default))).Reason.ShouldBe(FailureReason.AuthenticationFailed);

        var refused = await inviter.Events.FirstAsync<RefusedEvent>();
        (refused.Reason, refused.Message.Contains("is retired", StringComparison.Ordinal)).ShouldBe((FailureReason.NotTrusted, true));
        inviter.Node.Core.Invites.List().ShouldHaveSingleItem().UsedBy.ShouldBeEmpty();
        var (at, offer) = await DriveAsync(rotated.LookAsync(invite, default));
        await DriveAsync(rotated.TakeAsync(invite, at, offer, default));
        inviter.Node.Core.Setup.Handshake.Admission.Trust.Entries.ShouldHaveSingleItem().Did.ShouldBe(did);

        using var code = new InviteCode(new byte[InviteCode.Length]);
        using var ofOld = InviteLine.Parse(InviteLine.Write(
            InviteGifts.Trust, old, new InviteId(1), code, Time.GetUtcNow().AddHours(1), [NodeAddress.Parse("beta:1")]));
        var rotations = inviter.Node.Core.Setup.Handshake.Admission.Rotations;
        Should.Throw<FirnException>(() => JoinedHome.Check(rotations, ofOld)).Message.ShouldContain(did.ToString());
    }

    [Fact]
    public async Task What_cannot_be_given_is_not_promised()
    {
        var byCookie = await StartAsync("a");
        Refusal(byCookie, trustOnly: true).ShouldContain("--admit trust or both");
        var byPassphrase = await StartAsync("b", o => o.Cookie = "correct horse");
        Refusal(byPassphrase).ShouldContain("passphrase");
        Should.Throw<FirnException>(() => byCookie.Node.Core.Invites.Create(0, TimeSpan.FromHours(1), false, [])).Reason.ShouldBe(FailureReason.InvalidInput);
        byCookie.Node.Core.Invites.List().ShouldBeEmpty();

        static string Refusal(LiveNode node, bool trustOnly = false) =>
            Should.Throw<FirnException>(() => node.Node.Core.Invites.Create(1, TimeSpan.FromHours(1), trustOnly, [])).Message;
    }

    [Fact]
    public void A_home_keeps_what_it_is_given_and_never_overwrites_a_cookie()
    {
        using var directory = new TemporaryDirectory();
        var home = FirnHome.Open(directory.In("home"));
        using var key = new CookieKey([.. Enumerable.Range(0, 32).Select(i => (byte)i)], isPassphrase: false);
        using var invite = InviteLine.Parse(LineOf(InviteGifts.Cookie | InviteGifts.Trust));
        var offer = new JoinOffer("default", NodeName.Parse("i@i"), AdmissionMode.Both, invite.Gifts);

        JoinedHome.Check(home, invite);
        JoinedHome.Keep(home, invite, new JoinGrant(offer, key), DateTimeOffset.UtcNow);
        System.Text.Encoding.ASCII.GetString(home.Cookies.ReadText()).ShouldBe(NodeGroup.Cookie + "\n");
        File.GetUnixFileMode(home.CookiePath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        home.Trust.Read().Entries.ShouldHaveSingleItem().Did.ShouldBe(invite.Inviter);

        Should.Throw<FirnException>(() => JoinedHome.Check(home, invite)).Message.ShouldContain("FIRN_HOME=");
        Should.Throw<FirnException>(() => JoinedHome.Keep(home, invite, new JoinGrant(offer, key), DateTimeOffset.UtcNow)).Message.ShouldContain("never overwritten");
        using var trust = InviteLine.Parse(LineOf(InviteGifts.Trust));
        JoinedHome.Check(home, trust);

        var self = NodeName.Parse("beta@host");
        Firn.Identity.NodeHome.Lock(home, self).Dispose();
        new IdentityCard(invite.Inviter, DateTimeOffset.UtcNow).Write(NodeDirectory.Of(home, self));
        Should.Throw<FirnException>(() => JoinedHome.Check(home, invite)).Message.ShouldContain("of a node of this home");
        JoinedHome.Check(home, trust);   // two nodes of one home have to trust each other, too
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _kept.ForEach(kept => kept.Dispose());
    }

    private static string LineOf(InviteGifts gifts)
    {
        using var code = new InviteCode(new byte[InviteCode.Length]);
        return InviteLine.Write(
            gifts, Did.Parse("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"), new InviteId(1), code, DateTimeOffset.UtcNow,
            [NodeAddress.Parse("beta:1")]);
    }

    private static InviteLine Invite(
        LiveNode node, int uses = 1, TimeSpan? lifetime = null, bool trustOnly = false, IReadOnlyList<NodeAddress>? addresses = null) =>
        InviteLine.Parse(node.Node.Core.Invites.Create(uses, lifetime ?? TimeSpan.FromHours(1), trustOnly, addresses ?? []).Line);

    private static InviteLine Line(InviteLine like, InviteId id, InviteCode code) =>
        InviteLine.Parse(InviteLine.Write(like.Gifts, like.Inviter, id, code, like.ExpiresAt, like.Addresses));

    private Joiner NewJoiner(string name) => NewJoiner(name, out _);

    private Joiner NewJoiner(string name, out Did did) => NewJoiner(name, out did, out _);

    private Joiner NewJoiner(string name, out Did did, out ECDsa identity)
    {
        identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _kept.Add(identity);
        var options = Nodes.Options(name);
        did = LeafProfile.DidOf(identity);
        return new Joiner(
            new JoinIdentity(NodeName.Parse(options.Name!), did, VersionRange.Supported), new NodeCredentials(identity, Time.GetUtcNow()),
            [.. options.Transports!], Time);
    }

    private async Task<FirnException> FailureAsync<T>(Task<T> joining)
    {
        await DriveAsync(joining.ContinueWith(static _ => true, TaskScheduler.Default));
        return joining.Exception.ShouldNotBeNull().InnerException.ShouldBeOfType<FirnException>();
    }
}
