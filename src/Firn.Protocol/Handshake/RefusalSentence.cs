using Firn.Protocol.Wire;

namespace Firn.Protocol;

/// <summary>What a peer's refusal means, for the person at this end.</summary>
internal static class RefusalSentence
{
    public static string Of(Refusal refusal, HandshakeContext self) => refusal.Reason switch
    {
        RefusalReason.AuthenticationFailed => $"The other node does not accept this node: {WrongProof(self)}",
        RefusalReason.VersionUnsupported =>
            $"The other node speaks version {new VersionRange(refusal.MinVersion, refusal.MaxVersion)} of the protocol, " +
            $"this node version {self.Versions}: update the older one.",
        RefusalReason.ClusterDiffers =>
            $"The other node knows the cookie but belongs to another cluster than \"{self.Cluster}\": set the same cluster on both.",
        RefusalReason.WrongPeer => "Another node lives at this address than the one that was dialled.",
        RefusalReason.NameTaken =>
            $"The other node has lately seen {self.Name} with another key: choose another name, or wait until it is forgotten there.",
        RefusalReason.Stale => $"The other node knows a newer incarnation of {self.Name}: a copy of this node's identity runs elsewhere.",
        RefusalReason.Duplicate => "The other node still holds the session that it has with this node.",
        RefusalReason.Simultaneous => "Both nodes dialled each other at once, and the other node's dial is the one that stays.",
        RefusalReason.Busy => "The other node has reached a limit and takes no more peers now.",
        RefusalReason.ShuttingDown => "The other node is shutting down.",
        RefusalReason.Self => "The other node has this node's own identity: the address leads back here, or to a copy of it.",
        RefusalReason.ProtocolError => "The other node says that this node broke the protocol.",
        _ => $"The other node refused for a reason ({(int)refusal.Reason}) that this version does not know.",
    };

    /// <summary>What a proof that fails may be due to. It cannot tell more: that is what a MAC is for.</summary>
    public static string WrongProof(HandshakeContext self) =>
        $"the two {(self.Keyring.HasPassphrase ? "cookies or clusters" : "cookies")} differ, or somebody relays the connection. " +
        "Bring the same cookie to both with `firn cookie import`.";
}
