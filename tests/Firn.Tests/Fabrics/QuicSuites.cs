using Firn.Testing;
using Firn.Testing.Suites;

namespace Firn.Tests.Fabrics;

public sealed class QuicSessionTests() : SessionSuite(static () => new QuicFabric());

public sealed class QuicMessageTests() : MessageSuite(static () => new QuicFabric());

public sealed class QuicStreamTests() : StreamSuite(static () => new QuicFabric());

public sealed class QuicStreamEndTests() : StreamEndSuite(static () => new QuicFabric());

public sealed class QuicStreamPipeTests() : StreamPipeSuite(static () => new QuicFabric());

public sealed class QuicRefusalTests() : RefusalSuite(static () => new QuicFabric());

public sealed class QuicStrangerTests() : StrangerSuite(static () => new QuicFabric());

public sealed class QuicFloodTests() : FloodSuite(static () => new QuicFabric());
