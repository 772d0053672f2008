using Firn.Messaging;
using Firn.Protocol;

namespace Firn.Tests.Messaging;

/// <summary>A node that only notes what its pids want of it.</summary>
internal sealed class FakeHost(string name = "alpha@host") : ProcessHost
{
    private static readonly Did SomeDid = Did.Parse("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169");

    public List<(Pid To, object? Message, MessageSerializer? Serializer)> Sent { get; } = [];

    public TimeSpan LastTimeout { get; private set; }

    public override NodeLife Life { get; } = new(new PeerKey(SomeDid, NodeName.Parse(name)), new Incarnation(7));

    public override ValueTask SendAsync<T>(Pid to, T message, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        Sent.Add((to, message, serializer));
        return ValueTask.CompletedTask;
    }

    public override ValueTask<TReply> CallAsync<T, TReply>(
        Pid to, T message, TimeSpan timeout, MessageSerializer? serializer, CancellationToken cancellationToken)
    {
        Sent.Add((to, message, serializer));
        LastTimeout = timeout;
        return ValueTask.FromResult((TReply)(object)42);
    }
}
