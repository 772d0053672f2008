using Firn.Protocol.Tests;
using Firn.Testing;
using Firn.Testing.Suites;

namespace Firn.Tests.Fabrics;

public sealed class TcpSessionTests() : SessionSuite(static () => new TcpFabric())
{
    private protected override int Crossings => LongRun.IsOn ? 500 : 40;
}

public sealed class TcpMessageTests() : MessageSuite(static () => new TcpFabric());

public sealed class TcpStreamTests() : StreamSuite(static () => new TcpFabric());

public sealed class TcpStreamEndTests() : StreamEndSuite(static () => new TcpFabric());

public sealed class TcpStreamPipeTests() : StreamPipeSuite(static () => new TcpFabric());

public sealed class TcpRefusalTests() : RefusalSuite(static () => new TcpFabric());

public sealed class TcpStrangerTests() : StrangerSuite(static () => new TcpFabric());

public sealed class TcpBeforeTlsTests() : BeforeTlsSuite(static () => new TcpFabric());

public sealed class TcpFloodTests() : FloodSuite(static () => new TcpFabric())
{
    private protected override int Members => 50;
}
