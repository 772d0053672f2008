using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Firn.Testing;

namespace Firn.Tests.Nodes;

public sealed class TelemetryTests : NodeFixture
{
    [Fact]
    public async Task The_meter_counts_what_happens_and_names_no_peer()
    {
        using var meter = new Readings("metered@metered.lan");
        var a = await StartAsync("metered");
        var b = await StartAsync("b");
        var peer = await b.ConnectAsync(a);
        await a.PeerAsync("b");
        await peer.PingAsync();
        var stranger = await StartAsync("stranger", o => o.Cookie = NodeGroup.OtherCookie);
        await DialFailureAsync(stranger, a.Address.ToString());
        await a.Events.FirstAsync<RefusedEvent>();
        await NodeGroup.UntilAsync(() => meter.Sum("firn.rtt") > 0, "a round trip");

        meter.Observe();

        meter.Sum("firn.handshakes", ("role", "acceptor"), ("result", "ok")).ShouldBe(1);
        meter.Sum("firn.handshakes", ("role", "acceptor"), ("result", "WrongProof")).ShouldBe(1);
        meter.Sum("firn.sessions").ShouldBe(1);
        meter.Sum("firn.bytes", ("direction", "sent")).ShouldBeGreaterThan(0);
        meter.Sum("firn.bytes", ("direction", "received")).ShouldBeGreaterThan(0);
        meter.Sum("firn.frames", ("direction", "received")).ShouldBeGreaterThan(0);
        meter.Sum("firn.frames", ("direction", "sent")).ShouldBeGreaterThan(0);
        meter.Sum("firn.rtt").ShouldBeGreaterThan(0);
        meter.Has("firn.send_queue").ShouldBeTrue();

        var (sent, received) = (meter.Sum("firn.bytes", ("direction", "sent")), meter.Sum("firn.bytes", ("direction", "received")));
        await b.DisposeAsync();
        await a.Events.FirstAsync<PeerDownEvent>();
        meter.Clear();
        meter.Observe();
        meter.Sum("firn.sessions").ShouldBe(0);
        meter.Sum("firn.bytes", ("direction", "sent")).ShouldBeGreaterThanOrEqualTo(sent);   // a counter never goes back
        meter.Sum("firn.bytes", ("direction", "received")).ShouldBeGreaterThanOrEqualTo(received);

        foreach (var text in meter.AllTags)
        {
            text.ShouldNotContain("b@b");
            text.ShouldNotContain("did:key");
            text.ShouldNotContain("127.0.0.1");
        }
    }

    [Fact]
    public async Task The_meter_counts_messages_calls_and_processes()
    {
        using var meter = new Readings("busy@busy.lan");
        using var there = new Readings("busier@busier.lan");
        var a = await StartAsync("busy");
        var b = await StartAsync("busier");
        var peer = await a.ConnectAsync(b);
        static async Task EchoAsync(Process<string> self)
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        }

        b.Node.Spawn<string>("echo", EchoAsync);
        var (remote, local) = (peer.Named<string>("echo"), a.Node.Spawn<string>(EchoAsync));
        await remote.SendAsync("a message");
        await remote.CallAsync<string>("a call");
        await local.CallAsync<string>("local");
        await Should.ThrowAsync<FirnException>(() => remote.CallAsync<int>("not a number").AsTask());
        await Should.ThrowAsync<FirnException>(() => peer.Named<int>("echo").CallAsync<int>(7).AsTask());
        await Should.ThrowAsync<FirnException>(() => peer.Named<int>("nobody").CallAsync<int>(7).AsTask());
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            using var cancellation = new CancellationTokenSource();
            var call = a.Node.Spawn<string>(self => Task.Delay(Timeout.Infinite, self.Exiting)).CallAsync<int>("no answer", null, cancellation.Token);
            await cancellation.CancelAsync();
            await call;
        });
        a.Node.Exit(local, ExitReason.Killed);

        meter.Observe();

        meter.Sum("firn.messages", ("direction", "sent")).ShouldBe(5);
        meter.Sum("firn.messages", ("direction", "received")).ShouldBe(0);
        meter.Sum("firn.calls", ("result", "ok")).ShouldBe(3);   // one whose reply its caller could not read among them
        meter.Sum("firn.calls", ("result", "BadMessage")).ShouldBe(1);
        meter.Sum("firn.calls", ("result", "NoProcess")).ShouldBe(1);
        meter.Sum("firn.calls", ("result", "Cancelled")).ShouldBe(1);
        meter.Sum("firn.processes").ShouldBe(2);   // Firn's own, which tells names, among them
        meter.Sum("firn.processes.ended", ("reason", "Killed")).ShouldBe(1);

        there.Observe();
        there.Sum("firn.messages.unreadable").ShouldBe(1);
        there.Sum("firn.messages", ("direction", "received")).ShouldBe(4);   // nobody took the one to nobody
        await peer.HangupAsync();
        meter.Clear();
        meter.Observe();
        meter.Sum("firn.messages", ("direction", "sent")).ShouldBe(5);   // a counter never goes back
    }

    [Fact]
    public async Task Spans_tell_of_dials_and_name_no_peer()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Firn",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        var a = await StartAsync("a");
        var b = await StartAsync("traced");

        await a.Node.ConnectAsync($"traced@127.0.0.1:{b.Address.Port}");

        await NodeGroup.UntilAsync(() => spans.Any(IsDial), "the span of the dial");
        var tags = spans.Single(IsDial).TagObjects.ToDictionary();
        tags["server.address"].ShouldBe("127.0.0.1");
        tags.Values.ShouldAllBe(value => !value!.ToString()!.Contains("traced") && !value.ToString()!.Contains("did:"));

        bool IsDial(Activity span) => span.OperationName == "firn.dial" && Equals(span.GetTagItem("server.port"), b.Address.Port);
    }

    /// <summary>What the meter of one node says.</summary>
    private sealed class Readings : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Instrument, double Value, KeyValuePair<string, object?>[] Tags)> _all = new();

        public Readings(string node)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Firn" && instrument.Meter.Tags!.Contains(new("firn.node", node)))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _all.Enqueue((instrument.Name, value, tags.ToArray())));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => _all.Enqueue((instrument.Name, value, tags.ToArray())));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => _all.Enqueue((instrument.Name, value, tags.ToArray())));
            _listener.Start();
        }

        public IEnumerable<string> AllTags => _all.SelectMany(reading => reading.Tags).Select(tag => $"{tag.Key}={tag.Value}");

        public void Observe() => _listener.RecordObservableInstruments();

        public void Clear() => _all.Clear();

        public bool Has(string instrument) => _all.Any(reading => reading.Instrument == instrument);

        public double Sum(string instrument, params (string Key, string Value)[] tags) => _all
            .Where(reading => reading.Instrument == instrument && tags.All(tag => reading.Tags.Contains(new(tag.Key, tag.Value))))
            .Sum(reading => reading.Value);

        public void Dispose() => _listener.Dispose();
    }
}
