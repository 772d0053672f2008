using Firn.Testing;
using Firn.Testing.Suites;

namespace Firn.Interop.Tests;

/// <summary><c>wss</c> to an nginx, which passes it on to nodes that serve <c>ws</c>.</summary>
internal sealed class NginxFabric() : WebSocketFabric("wss")
{
    private NginxServer? _server;

    public override string AcceptedTransport => "ws";

    public override string? Missing => Prerequisites.MissingTools("nginx");

    public override async Task BeginAsync() => _server = await NginxServer.StartAsync();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    protected override NodeAddress Outside(NodeAddress bound) => _server!.Before(bound.Port);
}

public sealed class NginxSessionTests() : SessionSuite(static () => new NginxFabric());

public sealed class NginxMessageTests() : MessageSuite(static () => new NginxFabric());

public sealed class NginxStreamTests() : StreamSuite(static () => new NginxFabric());

public sealed class NginxStreamEndTests() : StreamEndSuite(static () => new NginxFabric());

public sealed class NginxStreamPipeTests() : StreamPipeSuite(static () => new NginxFabric());

public sealed class NginxRefusalTests() : RefusalSuite(static () => new NginxFabric());

public sealed class NginxStrangerTests() : StrangerSuite(static () => new NginxFabric());

public sealed class NginxBeforeTlsTests() : BeforeTlsSuite(static () => new NginxFabric());
