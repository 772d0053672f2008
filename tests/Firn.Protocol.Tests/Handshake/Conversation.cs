namespace Firn.Protocol.Tests.Handshake;

/// <summary>Runs a handshake between two machines, message by message, with somebody in between who may change each one.</summary>
internal sealed class Conversation(HandshakeInitiator initiator, HandshakeAcceptor acceptor, TestNode dialler, TestNode dialled)
    : IDisposable
{
    public const int Messages = 6;
    public static readonly string[] Names = ["Challenge", "Proof", "Verdict", "Commit", "initiator's Describe", "acceptor's Describe"];

    public Conversation(TestNode dialler, TestNode dialled, string? expectedName = null, Did? expectedDid = null)
        : this(dialler.Dial(dialled.Leaf, expectedName, expectedDid), dialled.Accept(dialler.Leaf), dialler, dialled)
    {
    }

    public HandshakeInitiator Initiator => initiator;

    public HandshakeAcceptor Acceptor => acceptor;

    /// <summary>What was sent, before it was changed.</summary>
    public List<byte[]> Sent { get; } = [];

    public ProofReceived? Proof { get; private set; }

    public VerdictReceived? Verdict { get; private set; }

    public CommitReceived? Commit { get; private set; }

    public SessionId InitiatorSession { get; private set; }

    public PeerDescription? AtAcceptor { get; private set; }

    public PeerDescription? AtInitiator { get; private set; }

    /// <summary>The message that failed, and how; null when the handshake went through.</summary>
    public (int Message, HandshakeException Failure)? Failed { get; private set; }

    /// <summary>Delivers the first <paramref name="count"/> messages, each as <paramref name="change"/> makes it.</summary>
    public Conversation Run(
        Func<int, byte[], byte[]>? change = null, int count = Messages, SessionId? held = null, SessionId? last = null, ulong counter = 1)
    {
        int index = 0;
        byte[] Pass(byte[] message)
        {
            Sent.Add(message);
            return change is null ? message : change(index, [.. message]);
        }

        try
        {
            byte[] message = Pass(acceptor.Challenge());
            byte[] next = initiator.ReadChallenge(message);
            if (++index == count)
                return this;
            Proof = acceptor.ReadProof(Pass(next));
            if (++index == count)
                return this;
            Verdict = initiator.ReadVerdict(Pass(acceptor.Verdict(held)));
            if (++index == count)
                return this;
            byte[] flight = initiator.Commit(last, counter, dialler.Description, out var session);
            InitiatorSession = session;
            int length = HandshakeMessage.HeaderLength + HandshakeMessage.BytesAfter(flight);
            Commit = acceptor.ReadCommit(Pass(flight[..length]));
            if (++index == count)
                return this;
            AtAcceptor = acceptor.ReadDescribe(Pass(flight[length..]));
            if (++index == count)
                return this;
            AtInitiator = initiator.ReadDescribe(Pass(acceptor.Describe(dialled.Description)));
        }
        catch (HandshakeException failure)
        {
            Failed = (index, failure);
        }

        return this;
    }

    public void Dispose()
    {
        initiator.Dispose();
        acceptor.Dispose();
    }
}
