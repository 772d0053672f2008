using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Firn.AspNetCore;

namespace Firn.Tests;

/// <summary>A node that knows one peer, beta, and says what it is told to.</summary>
internal sealed class FakeNode : IControlledNode
{
    public static readonly PeerBody Beta = new(
        "beta@b.lan", "did:key:zDnBeta", 1700000000002, "c2Vzc2lvbg", "tcp://10.0.0.2:3476", "tcp", "outbound", "exit",
        ["relay", "tunnel"], 1.25, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), "0.1.0", "cookie", "current");

    public static readonly StatusBody Alpha = new(
        "alpha@a.lan", "did:key:zDnAlpha", 1700000000001, "default", ["tcp://127.0.0.1:3476"], 1,
        new DateTime(2026, 1, 2, 3, 4, 0, DateTimeKind.Utc), "0.1.0", "cookie");

    private readonly Channel<EventBody> _events = Channel.CreateUnbounded<EventBody>();

    public FirnException? Failure { get; init; }

    public void Raise(EventBody e) => _events.Writer.TryWrite(e).ShouldBeTrue();

    public StatusBody Status() => Alpha;

    public IReadOnlyList<PeerBody> Peers() => [Beta];

    public Task<PeerBody> DialAsync(string address, CancellationToken cancellationToken) => Answer(Beta);

    public Task<string> HangupAsync(string name, CancellationToken cancellationToken) => Answer(Beta.Name);

    public Task<PingBody> PingAsync(string name, CancellationToken cancellationToken) =>
        Answer(new PingBody(Beta.Name, Beta.Address, 0.5));

    public Task<ReloadBody> ReloadAsync(CancellationToken cancellationToken) => Answer(new ReloadBody(Alpha.Name, 2));

    public IReadOnlyList<PinBody> Pins() => [new PinBody(Beta.Name, Beta.Did, "kept", true, null)];

    public PinBody ForgetPin(string name) => Failure is null ? Pins()[0] : throw Failure;

    public InviteBody Invite(NewInviteBody request) =>
        Failure is null ? Invites()[0] with { Uses = request.Uses, Line = "firn-join1:AAAA" } : throw Failure;

    public IReadOnlyList<InviteBody> Invites() =>
        [new InviteBody("0123456789abcdef", "open", 1, [], new DateTime(2026, 7, 1, 12, 0, 0, DateTimeKind.Utc), true, false)];

    public InviteBody CancelInvite(string id) => Failure is null ? Invites()[0] with { Id = id, State = "cancelled" } : throw Failure;

    public Task<JoinOfferBody> JoinAsync(JoinBody request, CancellationToken cancellationToken) => Answer(new JoinOfferBody(
        Beta.Address, Beta.Name, Beta.Did, "12345 12345 12345 12345 12345 12345", "default", "trust", false, true, request.Take));

    /// <summary>What was sent or called last.</summary>
    public (string Process, string Node, byte[] Body, TimeSpan? Timeout) Heard { get; private set; }

    /// <summary>What a call is answered with.</summary>
    public byte[] Reply { get; init; } = "\"hello\""u8.ToArray();

    /// <summary>What happens in a bench, before <see cref="Failure"/>.</summary>
    public IReadOnlyList<BenchEventBody> Bench { get; init; } = [];

    public Task<NamesBody> NamesAsync(string? wanted, CancellationToken cancellationToken) => Answer(wanted is null
        ? new NamesBody(Alpha.Name, [new NameEntryBody("firn/names", "builtIn")])
        : new NamesBody(Beta.Name, [new NameEntryBody("chat", "process"), new NameEntryBody("work", "function")]));

    public Task<SentBody> SendAsync(string process, string wanted, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        Heard = (process, wanted, body.ToArray(), null);
        return Answer(new SentBody(process, Beta.Name));
    }

    public Task<Reply> CallAsync(string process, string wanted, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Heard = (process, wanted, body.ToArray(), timeout);
        return Answer(new Reply(Beta.Name, Reply));
    }

    public async IAsyncEnumerable<BenchEventBody> BenchAsync(BenchBody request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var e in Bench)
            yield return await Task.FromResult(e);
        if (Failure is not null)
            throw Failure;
    }

    public IAsyncEnumerable<EventBody> WatchAsync(CancellationToken cancellationToken) =>
        _events.Reader.ReadAllAsync(cancellationToken);

    private Task<T> Answer<T>(T value) => Failure is null ? Task.FromResult(value) : Task.FromException<T>(Failure);
}
