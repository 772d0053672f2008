using System.Diagnostics;
using System.Diagnostics.Metrics;
using Firn.Sessions;

namespace Firn.Telemetry;

/// <summary>
/// The meter and the activity source of a node, both named "Firn". No label carries a peer's name or key, so the number of
/// series is bounded.
/// </summary>
internal sealed class FirnTelemetry : IDisposable
{
    public const string Name = "Firn";

    public static readonly ActivitySource Activities = new(Name);

    private readonly Meter _meter;
    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _sessionsEnded;
    private readonly Histogram<double> _rtt;

    /// <summary>Instruments of a node called <paramref name="node"/>, observing <paramref name="traffic"/>.</summary>
    public FirnTelemetry(string node, Func<TrafficTotals> traffic)
    {
        _meter = new Meter(new MeterOptions(Name) { Tags = [new("firn.node", node)] });
        _handshakes = _meter.CreateCounter<long>("firn.handshakes", "{handshake}", "Handshakes that ended, by role and result.");
        _sessionsEnded = _meter.CreateCounter<long>("firn.sessions.ended", "{session}", "Sessions that ended, by reason.");
        _rtt = _meter.CreateHistogram<double>("firn.rtt", "ms", "Round-trip times of pings.");
        _meter.CreateObservableUpDownCounter("firn.sessions", () => traffic().Sessions, "{session}", "Sessions that are up.");
        _meter.CreateObservableCounter("firn.bytes", () => ByDirection(traffic(), t => (t.BytesSent, t.BytesReceived)), "By", "Bytes of frames, inside TLS.");
        _meter.CreateObservableCounter("firn.frames", () => ByDirection(traffic(), t => (t.FramesSent, t.FramesReceived)), "{frame}", "Frames.");
        _meter.CreateObservableGauge("firn.send_queue", () => traffic().QueuedBytes, "By", "Bytes that wait to be sent, over all sessions.");
    }

    public void HandshakeEnded(string role, string result) => _handshakes.Add(1, new("role", role), new("result", result));

    public void SessionEnded(EndReason reason) => _sessionsEnded.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public void Rtt(TimeSpan rtt) => _rtt.Record(rtt.TotalMilliseconds);

    public void Dispose() => _meter.Dispose();

    private static Measurement<long>[] ByDirection(TrafficTotals totals, Func<TrafficTotals, (long Sent, long Received)> pick)
    {
        var (sent, received) = pick(totals);
        return [new(sent, new KeyValuePair<string, object?>("direction", "sent")), new(received, new KeyValuePair<string, object?>("direction", "received"))];
    }
}

/// <summary>Sums over the sessions of a node since its start.</summary>
internal readonly record struct TrafficTotals(
    int Sessions, long BytesSent, long BytesReceived, long FramesSent, long FramesReceived, long QueuedBytes)
{
    public TrafficTotals Plus(Session session) => new(
        Sessions + 1,
        BytesSent + session.Sent.Bytes,
        BytesReceived + session.Received.Bytes,
        FramesSent + session.Sent.Frames,
        FramesReceived + session.Received.Frames,
        QueuedBytes + session.QueuedBytes);
}
