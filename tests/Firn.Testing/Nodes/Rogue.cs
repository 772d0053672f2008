using System.Security.Cryptography;
using Firn.Identity;
using Firn.Protocol;
using Firn.Sessions;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Testing;

/// <summary>Somebody who speaks the protocol by hand, as far as it likes: a stranger, or a member that misbehaves.</summary>
internal sealed class Rogue : IDisposable
{
    private readonly ECDsa _identity;
    private readonly TcpTransport _tcp = new(new TcpOptions(), TimeProvider.System, NullLogger.Instance);

    /// <summary>A rogue called <paramref name="name"/>, with a fresh identity unless it copies one.</summary>
    public Rogue(
        string name = "rogue@rogue.lan", string cookie = NodeGroup.Cookie, string cluster = "default",
        VersionRange? versions = null, ECDsa? identity = null, ulong? incarnation = null)
    {
        _identity = identity is null ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : ECDsa.Create(identity.ExportParameters(includePrivateParameters: true));
        Leaf = new NodeCredentials(_identity, DateTimeOffset.UtcNow).Current;
        using var parsed = Protocol.Cookie.Parse(cookie);
        Context = new HandshakeContext(
            NodeName.Parse(name), Leaf.Did, new Incarnation(incarnation ?? (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()),
            cluster, AdmissionPolicy.ByCookie(new Keyring(parsed.ToKey(cluster))), versions ?? VersionRange.Supported);
    }

    public ECDsa Identity => _identity;

    public LeafCredential Leaf { get; }

    public HandshakeContext Context { get; }

    /// <summary>Connects and secures, and says no more.</summary>
    public async Task<RogueLink> DialAsync(NodeAddress address) =>
        Begin(await _tcp.DialAsync(address, Leaf, CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling));

    /// <summary>As <see cref="DialAsync"/>, over a link of the test's own.</summary>
    public RogueLink Begin(ILink link, string? expectedName = null, Did? expectedDid = null)
    {
        var leaf = LeafVerifier.Verify(link.Remote.LeafDer.Span, link.Remote.ExtraCertificates, DateTimeOffset.UtcNow).Leaf!;
        return new RogueLink(
            link, new HandshakeInitiator(Context, link.Local.Der, leaf, RandomNumberGenerator.GetBytes(32), expectedName, expectedDid));
    }

    /// <summary>Goes through the whole handshake: from here on it is a peer.</summary>
    public async Task<RogueLink> JoinAsync(NodeAddress address, PeerDescription? description = null)
    {
        var link = await DialAsync(address);
        await link.JoinAsync(description);
        return link;
    }

    /// <summary>What it says first to whoever dials it.</summary>
    public byte[] Challenge()
    {
        using var machine = new HandshakeAcceptor(Context, Leaf.Der, VerifiedOwnLeaf(), RandomNumberGenerator.GetBytes(32));
        return machine.Challenge();
    }

    public void Dispose()
    {
        Context.Admission.Keyring?.Dispose();
        _identity.Dispose();
    }

    private VerifiedLeaf VerifiedOwnLeaf() => LeafVerifier.Verify(Leaf.Der.Span, 0, DateTimeOffset.UtcNow).Leaf!;
}

/// <summary>A rogue's connection, one step after the other.</summary>
internal sealed class RogueLink(ILink link, HandshakeInitiator machine) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ceiling = new(EventLog.Ceiling);

    public Stream Stream => link.Stream;

    public ILink Link => link;

    public SessionId Session { get; private set; }

    private HandshakeStream Messages => new(link.Stream);

    public Task<byte[]> ReceiveAsync() => Messages.ReceiveAsync(_ceiling.Token);

    /// <summary>The Proof that it has made; null before.</summary>
    public byte[]? Proof { get; private set; }

    /// <summary>Reads the Challenge and makes the Proof, without a word.</summary>
    public async Task<byte[]> MakeProofAsync() => Proof = machine.ReadChallenge(await ReceiveAsync());

    /// <summary>Reads the Challenge, proves itself, and reads the Verdict.</summary>
    public async Task<VerdictReceived> ProveAsync()
    {
        await Messages.SendAsync(await MakeProofAsync(), _ceiling.Token);
        return machine.ReadVerdict(await ReceiveAsync());
    }

    /// <summary>Goes through the whole handshake: from here on it is a peer.</summary>
    public async Task JoinAsync(PeerDescription? description = null)
    {
        await ProveAsync();
        await CommitAsync(description ?? new PeerDescription { SoftwareVersion = "rogue/1" });
    }

    public async Task<PeerDescription> CommitAsync(PeerDescription description, SessionId? last = null, ulong counter = 1)
    {
        var commit = machine.Commit(last, counter, description, out var session);
        Session = session;
        await Messages.SendAsync(commit, _ceiling.Token);
        return machine.ReadDescribe(await ReceiveAsync());
    }

    /// <summary>Sends a frame, well-formed or not.</summary>
    public async Task SendAsync(byte type, byte[] payload, byte flags = 0, uint channel = 0)
    {
        var frame = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader((FrameType)type, flags, (ushort)payload.Length, channel).Write(frame);
        payload.CopyTo(frame, FrameHeader.Size);
        await link.Stream.WriteAsync(frame, _ceiling.Token);
    }

    public async Task<(FrameType Type, byte[] Payload)> ReceiveFrameAsync()
    {
        var header = new byte[FrameHeader.Size];
        await link.Stream.ReadExactlyAsync(header, _ceiling.Token);
        FrameHeader.TryRead(header, out var read);
        var payload = new byte[read.PayloadLength];
        await link.Stream.ReadExactlyAsync(payload, _ceiling.Token);
        return (read.Type, payload);
    }

    /// <summary>Reads frames until one of this type comes.</summary>
    public async Task<byte[]> ReceiveUntilAsync(FrameType type)
    {
        while (true)
        {
            var (received, payload) = await ReceiveFrameAsync();
            if (received == type)
                return payload;
        }
    }

    public async ValueTask DisposeAsync()
    {
        machine.Dispose();
        await link.DisposeAsync();
        _ceiling.Dispose();
    }
}
