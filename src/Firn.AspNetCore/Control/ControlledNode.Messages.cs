using System.Runtime.CompilerServices;
using Firn.Benching;
using Firn.Messaging;

namespace Firn.AspNetCore;

/// <summary>Names, messages and benches.</summary>
internal sealed partial class ControlledNode
{
    private const int NamesInSentence = 10;

    private MessageHub Hub => node.Core.Hub;

    public async Task<NamesBody> NamesAsync(string? wanted, CancellationToken cancellationToken)
    {
        var (name, peer) = FindNode(wanted);
        var entries = new List<NameEntryBody>();
        foreach (var kind in Enum.GetValues<NameKind>())
        {
            var names = peer is null ? Hub.NamesOf(kind) : await NamesProcess.ListAsync(peer, kind, cancellationToken).ConfigureAwait(false);
            entries.AddRange(names.Take(NamesProcess.MaxListed).Select(found => new NameEntryBody(found, ControlJson.Spell(kind))));
        }

        return new NamesBody(name.ToString(), entries);
    }

    public async Task<SentBody> SendAsync(string process, string wanted, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var at = await FindProcessAsync(process, wanted, cancellationToken).ConfigureAwait(false);
        await Hub.SendWrittenAsync(process, at, body, cancellationToken).ConfigureAwait(false);
        return new SentBody(process, at.ToString());
    }

    public async Task<Reply> CallAsync(
        string process, string wanted, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var at = await FindProcessAsync(process, wanted, cancellationToken).ConfigureAwait(false);
        try
        {
            return new Reply(at.ToString(), await Hub.CallWrittenAsync(process, at, body, timeout, cancellationToken).ConfigureAwait(false));
        }
        catch (FirnException e) when (e.Reason == FailureReason.TimedOut)
        {
            throw new FirnException(
                FailureReason.TimedOut, $"{process} at {at} did not reply within {timeout.TotalSeconds:0.###} s; it may have got the message", e);
        }
    }

    public async IAsyncEnumerable<BenchEventBody> BenchAsync(BenchBody request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (name, found) = FindNode(request.Name);
        var peer = found ?? throw new FirnException(FailureReason.Self, $"{name} is this node itself: expected the name of a peer to measure the way to");
        var options = new BenchOptions(
            TimeSpan.FromMilliseconds(request.PhaseMs ?? 2_000), request.Size ?? 64 * 1024, request.Streams ?? 1);
        int phases = BenchRun.Phases(options).Count;
        bool hasStarted = false;
        await foreach (var update in BenchRun.MeasureAsync(node, peer, options, cancellationToken).ConfigureAwait(false))
        {
            if (!hasStarted)
                yield return new BenchEventBody("started") { Name = peer.Name.ToString(), Address = peer.Address.ToString() };
            hasStarted = true;
            yield return update.Figure is { } figure ? new BenchEventBody("figure") { Figure = Describe(figure) } : new BenchEventBody("progress")
            {
                Progress = new BenchProgressBody(
                    update.Phase.Name, ControlJson.Spell(update.Phase.Direction), update.Phase.Size, update.Number, phases, Math.Round(update.Fraction, 3)),
            };
        }
    }

    /// <summary>This node or a peer, by its full name, the part before the <c>@</c> or an unambiguous beginning; this node if not said.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: there is none; <see cref="FailureReason.InvalidInput"/>: there are several.</exception>
    private (NodeName Name, Peer? Peer) FindNode(string? wanted)
    {
        (NodeName Name, Peer? Peer) self = (node.Self.Name, null);
        if (wanted is null)
            return self;

        var peers = node.Peers;
        var found = NameMatch.Find([self, .. peers.Select(peer => (peer.Name, (Peer?)peer))], one => one.Name, wanted);
        return found.Count switch
        {
            1 => found[0],
            0 => throw new FirnException(
                FailureReason.NotConnected,
                $"no node called \"{wanted}\" is connected: this one is {self.Name}, its peers are {(peers.Count == 0 ? "none" : string.Join(", ", peers))}"),
            _ => throw new FirnException(
                FailureReason.InvalidInput, $"\"{wanted}\" could be {string.Join(" or ", found.Select(one => one.Name))}: write more of it"),
        };
    }

    /// <summary>The node on which a process is. Sending to a name says nothing when nobody has it, so that is asked first.</summary>
    private async Task<NodeName> FindProcessAsync(string process, string wanted, CancellationToken cancellationToken)
    {
        var (name, peer) = FindNode(wanted);
        bool isThere = peer is null
            ? node.WhereIs(process) is not null
            : await NamesProcess.HasAsync(peer, process, cancellationToken).ConfigureAwait(false);
        if (isThere)
            return name;

        var names = (await NamesAsync(name.ToString(), cancellationToken).ConfigureAwait(false)).Names;
        var others = names.Where(entry => entry.Kind == ControlJson.Spell(NameKind.Process)).Select(entry => entry.Name).ToList();
        string known = others.Count == 0 ? "no process there has a name"
            : $"there are {string.Join(", ", others.Take(NamesInSentence))}{(others.Count > NamesInSentence ? ", …" : "")}";
        throw new FirnException(FailureReason.NoProcess, $"no process called \"{process}\" is at {name}: {known}");
    }

    private static BenchFigureBody Describe(BenchFigure figure)
    {
        double seconds = figure.Time.TotalSeconds;
        bool isCounted = figure.Count > 0;
        return new BenchFigureBody(
            figure.Phase.Name,
            ControlJson.Spell(figure.Phase.Direction),
            figure.Phase.Size,
            Math.Round(seconds, 3),
            figure.Bytes,
            Math.Round(figure.Bytes / seconds),
            isCounted ? figure.Count : null,
            isCounted ? Math.Round(figure.Count / seconds, 1) : null)
        {
            Latency = figure.Latency is { } l
                ? new BenchLatencyBody(Milliseconds(l.Min), Milliseconds(l.Average), Milliseconds(l.Median), Milliseconds(l.Percentile99))
                : null,
        };
    }
}
