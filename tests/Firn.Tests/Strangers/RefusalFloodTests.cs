using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

public sealed class RefusalFloodTests : NodeFixture
{
    private readonly VirtualTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task A_flood_of_refusals_is_told_in_few_words()
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        for (int i = 0; i < 200; i++)
        {
            using var client = await RawTls.ConnectAsync(a.Address);
            await client.GetStream().WriteAsync("no TLS"u8.ToArray());
            await client.GetStream().ReadUntilOverAsync();
        }

        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 0, "all to be refused");
        _time.Advance(TimeSpan.FromSeconds(1));
        using (var last = await RawTls.ConnectAsync(a.Address))
        {
            await last.GetStream().WriteAsync("no TLS"u8.ToArray());
            await a.Events.FirstAsync<RefusedEvent>(e => e.Message.Contains("72 more", StringComparison.Ordinal));
        }

        a.Events.Of<RefusedEvent>().Count().ShouldBe(129);
    }
}
