using Firn.Protocol.Wire;

namespace Firn.Protocol;

/// <summary>What a peer's refusal means, for the person at this end.</summary>
internal static class RefusalSentence
{
    public static string Of(Refusal refusal, HandshakeContext self) => refusal.Reason switch
    {
        RefusalReason.AuthenticationFailed => NotAccepted(self),
        RefusalReason.AdmissionDiffers =>
            $"The other node admits {AdmissionModes.FromWire(refusal.Admission).Describe()}, this node " +
            $"{((AdmissionMode?)self.Admission.Mode).Describe()}: start both with the same --admit.",
        RefusalReason.VersionUnsupported => OfVersion(refusal, self.Versions),
        RefusalReason.ClusterDiffers =>
            $"The other node accepts this node's proof but belongs to another cluster than \"{self.Cluster}\": set the same cluster on both.",
        RefusalReason.WrongPeer => "Another node lives at this address than the one that was dialled.",
        RefusalReason.NameTaken =>
            $"The other node knows {self.Name} with another key than this node's, {self.Did}: choose another name, or, if this is the " +
            $"node that is meant, forget the old key there: firn pins forget {self.Name}",
        RefusalReason.Stale => $"The other node knows a newer incarnation of {self.Name}: a copy of this node's identity runs elsewhere.",
        RefusalReason.Duplicate => "The other node still holds the session that it has with this node.",
        RefusalReason.Simultaneous => "Both nodes dialled each other at once, and the other node's dial is the one that stays.",
        RefusalReason.Busy => "The other node has reached a limit and takes no more peers now.",
        RefusalReason.ShuttingDown => "The other node is shutting down.",
        RefusalReason.Self => "The other node has this node's own identity: the address leads back here, or to a copy of it.",
        RefusalReason.ProtocolError => "The other node says that this node broke the protocol.",
        _ => $"The other node refused for a reason ({(int)refusal.Reason}) that this version does not know.",
    };

    /// <summary>What an inviter's refusal means for the person who joins.</summary>
    public static string OfInvite(Refusal refusal, VersionRange own) => refusal.Reason switch
    {
        RefusalReason.VersionUnsupported => OfVersion(refusal, own),
        RefusalReason.InviteExpired => "The invite has expired. Ask for another one.",
        RefusalReason.InviteUsed => "The invite is used up: as many nodes as it was for have joined by it. If this one should be among them, ask for another.",
        RefusalReason.InviteCancelled => "The invite was cancelled there. Ask for another one.",
        RefusalReason.Self => "The invite is this node's own: join on another machine, or with another home.",
        RefusalReason.Busy => "The inviter has reached a limit and takes nobody now: try again.",
        RefusalReason.ShuttingDown => "The inviter is shutting down.",
        _ => $"The inviter refused for a reason ({(int)refusal.Reason}) that has nothing to do with invites.",
    };

    /// <summary>What a proof that fails may be due to. It cannot tell more: that is what a MAC is for.</summary>
    public static string WrongProof(HandshakeContext self) =>
        $"the two {(self.Admission.Keyring is { HasPassphrase: true } ? "cookies or clusters" : "cookies")} differ, or somebody relays the connection. " +
        "Bring the same cookie to both with `firn cookie import`.";

    private static string OfVersion(Refusal refusal, VersionRange own) =>
        $"The other node speaks version {new VersionRange(refusal.MinVersion, refusal.MaxVersion)} of the protocol, " +
        $"this node version {own}: update the older one.";

    /// <summary>The wire does not say which it was, so every cause that there can be is named.</summary>
    private static string NotAccepted(HandshakeContext self)
    {
        string trust = $"firn trust add {self.Did}";
        return self.UsesMac
            ? $"The other node does not accept this node: {WrongProof(self)} If it admits trusted keys only, run there: {trust}"
            : $"The other node does not accept this node: it does not trust its key. Run there: {trust}";
    }
}
