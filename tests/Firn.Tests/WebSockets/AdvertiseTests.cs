using Firn.Testing;

namespace Firn.Tests.WebSockets;

/// <summary>Addresses that a node cannot know by itself.</summary>
public sealed class AdvertiseTests : WebSocketNodeFixture
{
    [Fact]
    public async Task Peers_and_invites_are_told_them_first()
    {
        var a = await DiallerAsync("a", o =>
        {
            o.Advertise.Add("wss://mesh.example.com/firn");
            o.Advertise.Add("tcp://203.0.113.5:4000");
        });
        var b = await DiallerAsync("b");
        var peer = await b.ConnectAsync(a);

        await NodeGroup.UntilAsync(() => peer.Description.Addresses.Count == 3, "the addresses");
        var invite = Protocol.InviteLine.Parse(a.Node.Core.Invites.Create(1, TimeSpan.FromHours(1), trustOnly: false, []).Line);

        peer.Description.Addresses.Select(address => address.ToString())
            .ShouldBe(["wss://mesh.example.com:443", "tcp://203.0.113.5:4000", a.Address.ToString()]);
        invite.Addresses.Select(address => address.ToString()).ShouldBe(["wss://mesh.example.com:443", "tcp://203.0.113.5:4000"]);
    }

    [Theory]
    [InlineData("wss://mesh.example.com:0")]
    [InlineData("wss://db@mesh.example.com")]
    [InlineData("tcp://mesh.example.com")]
    [InlineData("wss://mesh")]
    [InlineData("0.0.0.0:4000")]
    [InlineData("[::]:4000")]
    public async Task What_nobody_can_dial_is_refused(string address)
    {
        var error = await Should.ThrowAsync<FirnException>(() => DiallerAsync("a", o => o.Advertise.Add(address)));

        error.Reason.ShouldBe(FailureReason.InvalidInput);
        error.Message.ShouldContain("cannot be advertised");
    }

    [Fact]
    public async Task No_more_are_taken_than_a_record_holds()
    {
        await Should.ThrowAsync<FirnException>(() => DiallerAsync("a", o =>
        {
            for (int i = 1; i <= 9; i++)
                o.Advertise.Add($"tcp://203.0.113.{i}:4000");
        }));
        string longName = $"{new string('a', 60)}.{new string('b', 60)}.{new string('c', 60)}.{new string('d', 60)}";
        await Should.ThrowAsync<FirnException>(() => DiallerAsync("a", o =>
        {
            for (int i = 1; i <= 3; i++)
                o.Advertise.Add($"wss://{longName}:{i}");
        }));
        await DiallerAsync("a", o =>
        {
            o.Name = $"{new string('n', 64)}@{longName}";
            for (int i = 1; i <= 2; i++)
                o.Advertise.Add($"wss://{longName}:{i}");
        });
    }
}
