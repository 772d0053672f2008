using Firn.Testing;
using Firn.Testing.Suites;

namespace Firn.Tests.Fabrics;

public sealed class RelaySessionTests() : SessionSuite(static () => new RelayFabric());

public sealed class RelayMessageTests() : MessageSuite(static () => new RelayFabric());

public sealed class RelayStreamTests() : StreamSuite(static () => new RelayFabric());

public sealed class RelayStreamEndTests() : StreamEndSuite(static () => new RelayFabric());

public sealed class RelayStreamPipeTests() : StreamPipeSuite(static () => new RelayFabric());

public sealed class RelayRefusalTests() : RefusalSuite(static () => new RelayFabric());

public sealed class RelayStrangerTests() : StrangerSuite(static () => new RelayFabric());

public sealed class RelayBeforeTlsTests() : BeforeTlsSuite(static () => new RelayFabric());
