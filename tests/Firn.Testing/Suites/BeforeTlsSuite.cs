using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>Strangers who have not got as far as TLS, or not through it. For fabrics whose links are TLS over a stream.</summary>
public abstract class BeforeTlsSuite : FabricSuite
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly VirtualTimeProvider _time = new(DateTimeOffset.UtcNow);

    private protected BeforeTlsSuite(Func<Fabric> create)
        : base(create)
    {
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("\u0016\u0003\u0001")]
    public async Task A_client_that_falls_silent_is_gone_after_its_deadline(string said)
    {
        var a = await StartAsync("a", o => o.TimeProvider = _time);
        var begun = _time.GetUtcNow();
        await using var stream = await ConnectAsync(a);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(said));
        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 1, "the node to take the connection");
        var ending = stream.ReadUntilOverAsync();

        _time.Advance(Deadline - TimeSpan.FromMilliseconds(1));
        a.Node.Core.Acceptor.Strangers.ShouldBe(1);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        await ending;
        (refused.Reason, refused.At - begun).ShouldBe((FailureReason.TimedOut, Deadline));
    }

    [SkippableTheory]
    [InlineData("hello, is there anybody in?\n")]
    [InlineData("\u0016\u0003\u0001\u0001\u0001\u0001\u0002\u0003")]
    public async Task Garbage_is_refused_and_costs_nobody_else_anything(string garbage)
    {
        var a = await StartAsync("a");
        await using (var stream = await ConnectAsync(a))
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(garbage.PadRight(600, '\u0001')));
            await stream.ReadUntilOverAsync();
        }

        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.NotFirn);
        await ShouldStillTakeMembersAsync(a);
    }

    [SkippableFact]
    public async Task Who_leaves_without_a_word_is_a_lost_connection()
    {
        var a = await StartAsync("a");
        await (await ConnectAsync(a)).DisposeAsync();

        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.ConnectionLost);
        await NodeGroup.UntilAsync(() => a.Node.Core.Acceptor.Strangers == 0, "the connection to be forgotten");
    }

    [SkippableTheory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, false)]
    public async Task Older_TLS_and_a_missing_protocol_are_refused(SslProtocols version, bool withProtocol)
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        var options = RawTls.ClientOptions(rogue.Leaf.Context);
        options.EnabledSslProtocols = version;
        if (!withProtocol)
            options.ApplicationProtocols = null;

        try
        {
            await using var tls = new SslStream(await ConnectAsync(a));
            await tls.AuthenticateAsClientAsync(options).WaitAsync(EventLog.Ceiling);
            (await tls.ReadUntilOverAsync()).ShouldBeEmpty();
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // It learnt it during TLS.
        }

        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.NotFirn);
    }

    private Task<Stream> ConnectAsync(LiveNode node) => ((IStreamFabric)Fabric).ConnectAsync(node);
}
