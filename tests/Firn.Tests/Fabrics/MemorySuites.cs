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

/// <summary>Streams of the connection's own, as over QUIC, on every machine.</summary>
public sealed class MemoryNativeSessionTests() : SessionSuite(static () => new MemoryFabric(hasNativeStreams: true));

public sealed class MemoryNativeStreamTests() : StreamSuite(static () => new MemoryFabric(hasNativeStreams: true));

public sealed class MemoryNativeStreamEndTests() : StreamEndSuite(static () => new MemoryFabric(hasNativeStreams: true));

public sealed class MemoryNativeStreamPipeTests() : StreamPipeSuite(static () => new MemoryFabric(hasNativeStreams: true));
