using System.Buffers.Binary;
using System.Diagnostics;
using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>Trace contexts between <see cref="Activity"/> and the wire.</summary>
internal static class Tracing
{
    /// <summary>Where whoever calls stands in a trace, if anywhere.</summary>
    public static TraceContext Current()
    {
        return Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? Of(activity) : default;
    }

    private static TraceContext Of(Activity activity)
    {
        Span<byte> id = stackalloc byte[16];
        activity.TraceId.CopyTo(id);
        var trace = BinaryPrimitives.ReadUInt128BigEndian(id);
        activity.SpanId.CopyTo(id[..8]);   // it fills what it is given
        return new TraceContext(trace, BinaryPrimitives.ReadUInt64BigEndian(id), (byte)activity.ActivityTraceFlags);
    }

    public static ActivityContext ToActivity(TraceContext context)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(id, context.TraceId);
        var trace = ActivityTraceId.CreateFromBytes(id);
        BinaryPrimitives.WriteUInt64BigEndian(id, context.SpanId);
        return new ActivityContext(trace, ActivitySpanId.CreateFromBytes(id[..8]), (ActivityTraceFlags)context.Flags, isRemote: true);
    }
}
