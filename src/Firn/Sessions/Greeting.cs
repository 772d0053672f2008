using Firn.Protocol;
using Firn.Transports;

namespace Firn.Sessions;

/// <summary>A link that was dialled, up to where it is known who answers. This node has said nothing.</summary>
/// <param name="Link">The link, which stays its owner's.</param>
/// <param name="Leaf">The leaf of who answers.</param>
/// <param name="Machine">The handshake, which goes on with the Verdict.</param>
/// <param name="Proof">What comes next.</param>
internal sealed record Greeting(ILink Link, VerifiedLeaf Leaf, HandshakeInitiator Machine, byte[] Proof) : IDisposable
{
    public HandshakeStream Messages => new(Link.Stream);

    public void Dispose() => Machine.Dispose();
}
