using Firn.Testing;
using Firn.Testing.Suites;

namespace Firn.Tests.Fabrics;

public sealed class WebSocketSessionTests() : SessionSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketMessageTests() : MessageSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketStreamTests() : StreamSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketStreamEndTests() : StreamEndSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketStreamPipeTests() : StreamPipeSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketRefusalTests() : RefusalSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketStrangerLinkTests() : StrangerSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketBeforeTlsTests() : BeforeTlsSuite(static () => new WebSocketFabric("ws"));

public sealed class WebSocketFloodTests() : FloodSuite(static () => new WebSocketFabric("ws"));

public sealed class ProxiedSessionTests() : SessionSuite(static () => new ProxiedFabric());

public sealed class ProxiedMessageTests() : MessageSuite(static () => new ProxiedFabric());

public sealed class ProxiedStreamTests() : StreamSuite(static () => new ProxiedFabric());

public sealed class ProxiedStreamEndTests() : StreamEndSuite(static () => new ProxiedFabric());

public sealed class ProxiedStreamPipeTests() : StreamPipeSuite(static () => new ProxiedFabric());

public sealed class ProxiedRefusalTests() : RefusalSuite(static () => new ProxiedFabric());

public sealed class ProxiedStrangerTests() : StrangerSuite(static () => new ProxiedFabric());

public sealed class ProxiedBeforeTlsTests() : BeforeTlsSuite(static () => new ProxiedFabric());
