using System.Diagnostics;
using System.Diagnostics.Metrics;
using Firn.Messaging;
using Firn.Protocol.Wire;
using Firn.Relays;
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
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _sessionsEnded;
    private readonly Histogram<double> _rtt;
    private readonly Counter<long> _relayRequests;

    /// <summary>Instruments of a node called <paramref name="node"/>, observing <paramref name="traffic"/> and <paramref name="messages"/>.</summary>
    public FirnTelemetry(string node, Func<TrafficTotals> traffic, MessageHub messages)
    {
        _meter = new Meter(new MeterOptions(Name) { Tags = [new("firn.node", node)] });
        _handshakes = _meter.CreateCounter<long>("firn.handshakes", "{handshake}", "Handshakes that ended, by role and result.");
        _refusals = _meter.CreateCounter<long>("firn.refusals", "{refusal}", "Handshakes that either end refused, by this end's role and the reason.");
        _sessionsEnded = _meter.CreateCounter<long>("firn.sessions.ended", "{session}", "Sessions that ended, by reason.");
        _rtt = _meter.CreateHistogram<double>("firn.rtt", "ms", "Round-trip times of pings.");
        _meter.CreateObservableUpDownCounter("firn.sessions", () => traffic().Sessions, "{session}", "Sessions that are up.");
        _meter.CreateObservableCounter("firn.bytes", () => ByDirection(traffic(), t => (t.BytesSent, t.BytesReceived)), "By", "Bytes of frames, inside TLS.");
        _meter.CreateObservableCounter("firn.frames", () => ByDirection(traffic(), t => (t.FramesSent, t.FramesReceived)), "{frame}", "Frames.");
        _meter.CreateObservableGauge("firn.send_queue", () => traffic().QueuedBytes, "By", "Bytes that wait to be sent, over all sessions.");
        _relayRequests = _meter.CreateCounter<long>("firn.relay.requests", "{request}", "Requests to relay that were answered, by status.");
        ObserveMessages(messages);
    }

    /// <summary>What this node relays, if it does.</summary>
    public void ObserveRelay(Func<RelayTotals> relay)
    {
        _meter.CreateObservableUpDownCounter("firn.relay.streams", () => relay().Streams, "{stream}", "Streams that are relayed here.");
        _meter.CreateObservableCounter("firn.relay.bytes", () => relay().Bytes, "By", "Bytes that were relayed here, both ways.");
    }

    public void RelayAsked(RelayStatus status) => _relayRequests.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));

    public void HandshakeEnded(string role, string result) => _handshakes.Add(1, new("role", role), new("result", result));

    public void Refused(string role, FailureReason reason) => _refusals.Add(1, new("role", role), new("reason", reason.ToString()));

    public void SessionEnded(EndReason reason) => _sessionsEnded.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public void Rtt(TimeSpan rtt) => _rtt.Record(rtt.TotalMilliseconds);

    public void Dispose() => _meter.Dispose();

    private void ObserveMessages(MessageHub messages)
    {
        var counts = messages.Counts;
        _meter.CreateObservableCounter(
            "firn.messages", () => Sides(counts.Totals.Sent, counts.Totals.Received), "{message}", "Messages to and from peers, calls included.");
        _meter.CreateObservableCounter(
            "firn.messages.unreadable", () => counts.Totals.Unreadable, "{message}", "Messages that were dropped, since their process could not read them.");
        _meter.CreateObservableCounter(
            "firn.calls", () => Labelled("result", counts.FailedCalls.Prepend(("ok", counts.Totals.Answered))), "{call}", "Calls that ended, by result.");
        _meter.CreateObservableUpDownCounter("firn.processes", () => messages.Count, "{process}", "Processes that run.");
        _meter.CreateObservableCounter(
            "firn.processes.ended", () => Labelled("reason", counts.EndedProcesses), "{process}", "Processes that ended, by kind of reason.");
    }

    private static IEnumerable<Measurement<long>> Labelled(string label, IEnumerable<(string Value, long Count)> counts) =>
        counts.Select(c => new Measurement<long>(c.Count, new KeyValuePair<string, object?>(label, c.Value)));

    private static Measurement<long>[] ByDirection(TrafficTotals totals, Func<TrafficTotals, (long Sent, long Received)> pick)
    {
        var (sent, received) = pick(totals);
        return Sides(sent, received);
    }

    private static Measurement<long>[] Sides(long sent, long received) =>
        [new(sent, new KeyValuePair<string, object?>("direction", "sent")), new(received, new KeyValuePair<string, object?>("direction", "received"))];
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
