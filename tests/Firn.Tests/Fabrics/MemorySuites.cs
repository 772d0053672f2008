using Firn.Testing;
using Firn.Testing.Suites;

namespace Firn.Tests.Fabrics;

public sealed class MemorySessionTests() : SessionSuite(static () => new MemoryFabric());

public sealed class MemoryMessageTests() : MessageSuite(static () => new MemoryFabric());

public sealed class MemoryStreamTests() : StreamSuite(static () => new MemoryFabric());

public sealed class MemoryStreamEndTests() : StreamEndSuite(static () => new MemoryFabric());

public sealed class MemoryStreamPipeTests() : StreamPipeSuite(static () => new MemoryFabric());

public sealed class MemoryRefusalTests() : RefusalSuite(static () => new MemoryFabric());

public sealed class MemoryStrangerTests() : StrangerSuite(static () => new MemoryFabric());

public sealed class MemoryFloodTests() : FloodSuite(static () => new MemoryFabric());
