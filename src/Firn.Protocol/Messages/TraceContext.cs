namespace Firn.Protocol;

/// <summary>Where a message stands in a distributed trace (W3C Trace Context, section 3.2): trace id, parent span id, flags.</summary>
internal readonly record struct TraceContext(UInt128 TraceId, ulong SpanId, byte Flags)
{
    public const int Size = 25;

    public bool IsNone => TraceId == 0;
}
