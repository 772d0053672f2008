using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Firn.Identity;
using Firn.Protocol;
using Firn.Runtime;
using Firn.Testing;
using Firn.Tests.Nodes;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;
using Cookie = Firn.Protocol.Cookie;

namespace Firn.Tests.Strangers;

/// <summary>Somebody in the middle of a joining, over real TLS: between the inviter and who has its line.</summary>
public sealed class JoinRelayTests : NodeFixture, IDisposable
{
    private readonly ECDsa _identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _identity.Dispose();

    [Fact]
    public async Task A_relay_that_passes_TLS_through_is_just_a_wire()
    {
        var inviter = await StartAsync("inviter");
        await using var relay = new Relay(inviter.Address, endsTls: false);
        using var invite = Invite(inviter, relay.Address);

        var (at, offer) = await NewJoiner().LookAsync(invite, default);
        using var cookie = (await NewJoiner().TakeAsync(invite, at, offer, default)).Cookie.ShouldNotBeNull();

        (at, Cookie.Generate(cookie.Bytes)).ShouldBe((relay.Address, NodeGroup.Cookie));
    }

    /// <summary>A byte of any part of either direction: of TLS's own handshake, and of what it protects.</summary>
    [Theory]
    [InlineData(true, 200)]
    [InlineData(true, 1_000)]
    [InlineData(false, 200)]
    [InlineData(false, 900)]
    public async Task A_relay_that_alters_a_byte_of_TLS_breaks_it_and_nothing_is_given(bool isOfNode, long place)
    {
        var inviter = await StartAsync("inviter");
        await using var relay = new Relay(inviter.Address, endsTls: false)
        {
            Change = (isFromNode, before, bytes) =>
            {
                if (isFromNode == isOfNode && place >= before && place < before + bytes.Length)
                    bytes.Span[(int)(place - before)] ^= 0x10;
            },
        };
        using var invite = Invite(inviter, relay.Address);

        var failure = await Should.ThrowAsync<FirnException>(NewJoiner().LookAsync(invite, default));

        failure.Message.ShouldContain("was not met");
        failure.Message.ShouldContain(relay.Address.ToString());
        failure.Reason.ShouldBeOneOf(FailureReason.ConnectionLost, FailureReason.NotFirn, FailureReason.Unreachable);
        inviter.Node.Core.Invites.List().ShouldHaveSingleItem().UsedBy.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_relay_that_ends_TLS_is_not_the_inviter_and_is_told_nothing()
    {
        var inviter = await StartAsync("inviter");
        await using var relay = new Relay(inviter.Address);
        using var invite = Invite(inviter, relay.Address);

        var failure = await Should.ThrowAsync<FirnException>(NewJoiner().LookAsync(invite, default));

        (failure.Reason, failure.Message.Contains(relay.Did.ToString(), StringComparison.Ordinal)).ShouldBe((FailureReason.WrongPeer, true));
        failure.Message.ShouldContain($"The invite is {inviter.Node.Self.Did}'s");
        inviter.Node.Core.Invites.List().ShouldHaveSingleItem().UsedBy.ShouldBeEmpty();

        // What is somewhere else too is met there.
        using var both = Invite(inviter, relay.Address, inviter.Address);
        (await NewJoiner().LookAsync(both, default)).At.ShouldBe(inviter.Address);
    }

    /// <summary>It has altered the line on its way as well, so that the joiner takes it for the inviter: the proof is for this connection alone.</summary>
    [Fact]
    public async Task A_relay_that_has_put_itself_into_the_line_cannot_pass_the_proof_on()
    {
        var inviter = await StartAsync("inviter");
        await using var relay = new Relay(inviter.Address);
        using var written = Invite(inviter, relay.Address);
        using var altered = InviteLine.Parse(InviteLine.Write(
            written.Gifts, relay.Did, written.Id, written.Code, written.ExpiresAt, written.Addresses));

        var failure = await Should.ThrowAsync<FirnException>(NewJoiner().LookAsync(altered, default));

        (failure.Reason, failure.Message.Contains("somebody relays the connection", StringComparison.Ordinal)).ShouldBe((FailureReason.AuthenticationFailed, true));
        (await inviter.Events.FirstAsync<RefusedEvent>()).Message.ShouldContain("relays the connection");
        inviter.Node.Core.Invites.List().ShouldHaveSingleItem().UsedBy.ShouldBeEmpty();
        relay.Passed.ShouldBeGreaterThan(100, "it did pass the proof on");
    }

    [Fact]
    public async Task All_addresses_of_a_name_are_ways_to_the_inviter()
    {
        var inviter = await StartAsync("inviter");
        using var invite = Invite(inviter, NodeAddress.Parse($"inviter.test:{inviter.Address.Port}"));
        var joiner = NewJoiner((host, family, _) => Task.FromResult<IReadOnlyList<IPAddress>>(
            host == "inviter.test" && family == AddressFamily.InterNetwork ? [IPAddress.Parse("127.0.0.9"), IPAddress.Loopback] : []));

        var (at, offer) = await joiner.LookAsync(invite, default).WaitAsync(EventLog.Ceiling);
        (await joiner.TakeAsync(invite, at, offer, default).WaitAsync(EventLog.Ceiling)).Cookie!.Dispose();

        at.ShouldBe(invite.Addresses[0]);
    }

    private static InviteLine Invite(LiveNode node, params NodeAddress[] addresses) =>
        InviteLine.Parse(node.Node.Core.Invites.Create(1, TimeSpan.FromHours(1), trustOnly: false, addresses).Line);

    private Joiner NewJoiner(NameResolver? resolve = null) => new(
        new JoinIdentity(NodeName.Parse("joiner@joiner.lan"), LeafProfile.DidOf(_identity), VersionRange.Supported),
        new NodeCredentials(_identity, DateTimeOffset.UtcNow),
        [new TcpTransport(new TcpOptions(), TimeProvider.System, NullLogger.Instance)],
        TimeProvider.System)
    {
        Resolve = resolve ?? SystemNames.ResolveAsync,
    };
}
