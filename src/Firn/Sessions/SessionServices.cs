using Firn.Messaging;
using Firn.Runtime;
using Firn.Streams;

namespace Firn.Sessions;

/// <summary>What a node's sessions share.</summary>
internal sealed record SessionServices(
    NodeClock Clock, Schedule Schedule, MemoryWatch Memory, StreamHandlers StreamHandlers, MessageHub Hub, int MaxSentPayload);
