using System.Buffers.Binary;
using System.Collections.Concurrent;
using Firn.Protocol.Tests;
using Firn.Testing;
using Firn.Tests.Nodes;
using Xunit.Abstractions;

namespace Firn.Tests.Messaging;

/// <summary>
/// Order and at most once per pair of processes, while sessions are cut at random: what a receiver hears of a sender rises, and has no gap
/// unless a send failed or the monitor of the receiver fired in between.
/// </summary>
public sealed class OrderTests(ITestOutputHelper output) : NodeFixture
{
    private const int Pairs = 8;

    /// <summary>What a sender says: who it is, which life of the connection it sends in, and a number.</summary>
    private const int HeadSize = 12;

    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(LongRun.IsOn ? 10 : 1);

    private static int Messages => LongRun.IsOn ? 300_000 : 3_000;

    [Fact]
    public async Task Between_cuts_nothing_is_lost_doubled_or_out_of_order()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var nodes = await Task.WhenAll(StartAsync("alpha"), StartAsync("beta"), StartAsync("gamma"));
        await nodes[0].ConnectAsync(nodes[1]);
        await nodes[0].ConnectAsync(nodes[2]);
        await nodes[1].ConnectAsync(nodes[2]);
        foreach (var node in nodes)
            await node.WaitUntilPeersAsync(nodes.Except([node]));

        var ledger = new Ledger();
        var receivers = Enumerable.Range(0, Pairs).Select(i => nodes[i % 3].Node.Spawn<ReadOnlyMemory<byte>>($"receiver-{i}", self => ReceiveAsync(self, ledger))).ToArray();
        using var over = new CancellationTokenSource();
        var cutting = CutAsync(nodes, new Random(seed), over.Token);
        var whole = new TaskCompletionSource();
        var senders = Enumerable.Range(0, Pairs).Select(i => new Sender(nodes[(i + 1) % 3], i, receivers, ledger, new Random(seed + i), whole.Task)).ToArray();
        await Task.WhenAll(senders.Select(sender => sender.Sent)).WaitAsync(Ceiling);
        await over.CancelAsync();
        int cuts = await cutting;
        whole.SetResult();
        await Task.WhenAll(senders.Select(sender => sender.Done)).WaitAsync(Ceiling);
        await NodeGroup.UntilAsync(() => ledger.IsSettled, "what was sent last to be heard");

        output.WriteLine($"{ledger.Heard} heard, {ledger.Losses} losses told, {cuts} cuts");
        ledger.Faults.ShouldBeEmpty();
        cuts.ShouldBeGreaterThan(0);
        ledger.Heard.ShouldBeGreaterThan(Pairs * Messages / 2);
    }

    /// <summary>Cuts a session of a random node, and dials anew at once: nodes by themselves wait longer after each loss.</summary>
    private static async Task<int> CutAsync(LiveNode[] nodes, Random random, CancellationToken over)
    {
        int cuts = 0;
        while (!over.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(random.Next(50, 400), over));
            var node = nodes[random.Next(nodes.Length)];
            var peer = node.Node.Peers.ElementAtOrDefault(random.Next(nodes.Length - 1));
            if (peer is null)
                continue;

            peer.Session.Link.Abort();
            cuts++;
            await NodeGroup.UntilAsync(() => !peer.IsConnected, "the cut to be noticed");
            await node.ConnectAsync(nodes.Single(n => n.Node.Self.Name == peer.Name));
        }

        return cuts;
    }

    private static async Task ReceiveAsync(Process<ReadOnlyMemory<byte>> self, Ledger ledger)
    {
        var last = new Dictionary<int, (int Life, int Number)>();
        await foreach (var message in self.Messages)
        {
            var (sender, life, number) = Read(message.Body.Span);
            var before = last.GetValueOrDefault(sender, (Life: -1, Number: -1));
            ledger.OnHeard(self.Pid, sender, before, (life, number), IsIntact(message.Body.Span, number));
            last[sender] = (life, number);
        }
    }

    private static int SizeOf(Random random) => random.Next(200) switch
    {
        0 => 1 << 20,
        < 5 => random.Next(16_000, 200_000),
        < 20 => random.Next(HeadSize, 17_000),
        _ => random.Next(HeadSize, 200),
    };

    private static ReadOnlyMemory<byte> Write(int sender, int life, int number, int size)
    {
        var body = new byte[Math.Max(size, HeadSize)];
        body.AsSpan(HeadSize).Fill((byte)number);
        BinaryPrimitives.WriteInt32LittleEndian(body, sender);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), life);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(8), number);
        return body;
    }

    private static (int Sender, int Life, int Number) Read(ReadOnlySpan<byte> body) => (
        BinaryPrimitives.ReadInt32LittleEndian(body), BinaryPrimitives.ReadInt32LittleEndian(body[4..]), BinaryPrimitives.ReadInt32LittleEndian(body[8..]));

    private static bool IsIntact(ReadOnlySpan<byte> body, int number) => !body[HeadSize..].ContainsAnyExcept((byte)number);

    /// <summary>
    /// A process that sends to the receivers in turns of a few messages each, most un-awaited. It begins to count anew when its monitor of
    /// a receiver has fired or a send has failed; when the cuts are over, it sends each a last message.
    /// </summary>
    private sealed class Sender
    {
        private readonly TaskCompletionSource _sent = new();
        private readonly TaskCompletionSource _done = new();
        private readonly int _number;
        private readonly Ledger _ledger;
        private readonly Random _random;

        public Sender(LiveNode node, int number, Pid<ReadOnlyMemory<byte>>[] receivers, Ledger ledger, Random random, Task whole)
        {
            (_number, _ledger, _random) = (number, ledger, random);
            Target[] targets = [.. receivers.Select(r => new Target(node.Node.Attach(Pid.Parse(r.ToString())).As<ReadOnlyMemory<byte>>()))];
            node.Node.Spawn<int>(async self =>
            {
                try
                {
                    await RunAsync(self, targets, whole);
                    _done.SetResult();
                }
                catch (Exception e)
                {
                    _sent.TrySetException(e);
                    _done.SetException(e);
                }
            });
        }

        public Task Sent => _sent.Task;

        public Task Done => _done.Task;

        private async Task RunAsync(Process<int> self, Target[] targets, Task whole)
        {
            foreach (var target in targets)
                target.Monitor = self.Monitor(target.Pid);
            for (int left = Messages; left > 0;)
            {
                await TakeNoticesAsync(self, targets);
                int run = _random.Next(1, 40);
                left -= run;
                await SendAsync(self, targets[_random.Next(targets.Length)], run);
            }

            _sent.SetResult();
            await whole;
            foreach (var target in targets)
            {
                await NextLifeAsync(self, target);
                await SendAsync(self, target, 1);
            }
        }

        private async Task SendAsync(Process<int> self, Target target, int run)
        {
            var sends = new List<Task>();
            try
            {
                for (; run > 0; run--)
                {
                    var body = Write(_number, target.Life, target.Number, SizeOf(_random));
                    _ledger.OnSent(target.Pid, _number, target.Life, target.Number++);
                    sends.Add(target.Pid.SendAsync(body).AsTask());
                    if (run % 3 == 0)
                        await sends[^1];
                }

                await Task.WhenAll(sends);
            }
            catch (FirnException e) when (e.Reason == FailureReason.NotConnected)
            {
                await Task.WhenAll(sends).ContinueWith(static all => all.Exception, TaskScheduler.Default);
                await NextLifeAsync(self, target);
            }
        }

        private async Task TakeNoticesAsync(Process<int> self, Target[] targets)
        {
            while (self.TryReceive(out var message))
            {
                if (targets.FirstOrDefault(t => t.Monitor == message.Down!.Monitor) is { } target)
                    await NextLifeAsync(self, target);
            }

            foreach (var target in targets)
                target.Checked = target.Number;
        }

        /// <summary>What was sent so far may be lost from somewhere on: counts anew when the receiver is there again.</summary>
        private async Task NextLifeAsync(Process<int> self, Target target)
        {
            _ledger.OnLoss(target.Pid, _number, target.Life, target.Checked, target.Number);
            (target.Life, target.Number, target.Checked) = (target.Life + 1, 0, 0);
            self.Demonitor(target.Monitor);
            await NodeGroup.UntilAsync(() => target.Pid.Id.IsLocal || self.Node.Peers.Any(p => p.Name == target.Pid.Id.Node), "the node to be back");
            target.Monitor = self.Monitor(target.Pid);
        }
    }

    private sealed class Target(Pid<ReadOnlyMemory<byte>> pid)
    {
        public Pid<ReadOnlyMemory<byte>> Pid => pid;

        public MonitorRef Monitor { get; set; }

        public int Life { get; set; }

        public int Number { get; set; }

        /// <summary>Its number when no loss was known.</summary>
        public int Checked { get; set; }
    }

    /// <summary>What was sent and heard, of all pairs.</summary>
    private sealed class Ledger
    {
        private readonly ConcurrentDictionary<(Pid Receiver, int Sender), (int Life, int Number)> _sent = [];
        private readonly ConcurrentDictionary<(Pid Receiver, int Sender), (int Life, int Number)> _heard = [];
        private readonly ConcurrentQueue<(Pid Receiver, int Sender, int Life, int Number)> _gaps = [];
        private readonly ConcurrentQueue<(Pid Receiver, int Sender, int Life, int From, int To)> _losses = [];
        private readonly ConcurrentQueue<string> _faults = [];
        private long _count;

        /// <summary>What went wrong: gaps, too, unless the sender was told of a loss between two looks of his, and sent on meanwhile.</summary>
        public IEnumerable<string> Faults => _faults.Concat(_gaps
            .Where(gap => !_losses.Any(l => (l.Receiver, l.Sender, l.Life) == (gap.Receiver, gap.Sender, gap.Life) && l.From <= gap.Number && gap.Number < l.To))
            .Select(gap => $"{gap.Receiver.Node} from {gap.Sender}: a gap before {gap.Number} of life {gap.Life}"));

        public long Heard => Interlocked.Read(ref _count);

        public int Losses => _losses.Count;

        public bool IsSettled => _sent.All(pair => _heard.GetValueOrDefault(pair.Key, (-1, -1)) == pair.Value);

        public void OnSent(Pid receiver, int sender, int life, int number) => _sent[(receiver, sender)] = (life, number);

        public void OnLoss(Pid receiver, int sender, int life, int from, int to) => _losses.Enqueue((receiver, sender, life, from, to));

        public void OnHeard(Pid receiver, int sender, (int Life, int Number) before, (int Life, int Number) now, bool isIntact)
        {
            Interlocked.Increment(ref _count);
            _heard[(receiver, sender)] = now;
            bool isLater = now.Life > before.Life || (now.Life == before.Life && now.Number > before.Number);
            if (!isLater || !isIntact)
                _faults.Enqueue($"{receiver.Node} from {sender}: {now} after {before}, intact: {isIntact}");
            if (now.Number != (now.Life == before.Life ? before.Number + 1 : 0))
                _gaps.Enqueue((receiver, sender, now.Life, now.Number));
        }
    }
}
