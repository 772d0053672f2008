using System.Net.Quic;
using System.Reflection;
using System.Runtime.Versioning;

namespace Firn.Transports;

/// <summary>
/// How a connection's streams share it. Left to itself, libmsquic sends one stream until that has nothing left: one that is written faster than
/// the path takes it would keep all others, pings among them, waiting for ever. System.Net.Quic has no word for it, so two parameters of the library
/// are set by its own helper; where that is not to be found, streams go as frames on the main stream instead.
/// </summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal static class QuicPriority
{
    // msquic.h, version 2
    private const uint StreamPriority = 0x08000003, ConnectionScheduling = 0x0500000C;
    private const ushort Highest = ushort.MaxValue;
    private const int RoundRobin = 1;

    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    private static readonly FieldInfo? ConnectionHandle = typeof(QuicConnection).GetField("_handle", Hidden);
    private static readonly FieldInfo? StreamHandle = typeof(QuicStream).GetField("_handle", Hidden);
    private static readonly MethodInfo? Set = FindSetter();

    /// <summary>Has <paramref name="main"/> sent before all other streams of the connection, and those by turns; false if that cannot be said.</summary>
    public static bool TryPutFirst(QuicConnection connection, QuicStream main) =>
        TrySet(ConnectionHandle?.GetValue(connection), ConnectionScheduling, RoundRobin) && TrySet(StreamHandle?.GetValue(main), StreamPriority, Highest);

    private static bool TrySet<T>(object? handle, uint parameter, T value)
        where T : unmanaged
    {
        if (Set is null || handle is null)
            return false;
        try
        {
            Set.MakeGenericMethod(typeof(T)).Invoke(null, [handle, parameter, value]);
            return true;
        }
        catch (Exception e) when (e is TargetInvocationException or ArgumentException)
        {
            return false;   // the connection is over, or this is another library than we know
        }
    }

    private static MethodInfo? FindSetter() => typeof(QuicConnection).Assembly.GetType("System.Net.Quic.MsQuicHelpers")?
        .GetMethods(Hidden).FirstOrDefault(method => method is { Name: "SetMsQuicParameter", IsGenericMethodDefinition: true } && method.GetParameters().Length == 3);
}
