namespace Firn.Protocol;

/// <summary>
/// What each key, signature and hash is for: nothing made under one label verifies as anything else. None is the beginning of another,
/// and none can begin a certificate, which the identity key signs without a label (DER begins with 0x30).
/// </summary>
internal static class Labels
{
    /// <summary>Begins the transcript of a handshake, and so what every MAC covers.</summary>
    public static ReadOnlySpan<byte> Handshake => "firn/1 handshake"u8;

    /// <summary>HKDF: the MAC key of the end that dialled.</summary>
    public static ReadOnlySpan<byte> MacOfInitiator => "firn/1 mac initiator"u8;

    /// <summary>HKDF: the MAC key of the end that was dialled.</summary>
    public static ReadOnlySpan<byte> MacOfAcceptor => "firn/1 mac acceptor"u8;

    /// <summary>HKDF: the id of a session, of its transcript.</summary>
    public static ReadOnlySpan<byte> Session => "firn/1 session"u8;

    /// <summary>PBKDF2: begins the salt of a passphrase.</summary>
    public static ReadOnlySpan<byte> Passphrase => "firn/1 passphrase "u8;

    /// <summary>Signed by the identity key: begins a record of where a node lives.</summary>
    public static ReadOnlySpan<byte> PeerRecord => "firn/1 peer record"u8;

    /// <summary>SHA-256: begins what the fingerprint of a DID is made of.</summary>
    public static ReadOnlySpan<byte> Fingerprint => "firn/1 fingerprint "u8;

    /// <summary>Signed by the identity key that retires: begins the facts of a rotation.</summary>
    public static ReadOnlySpan<byte> RotationByOld => "firn/1 rotation by old "u8;

    /// <summary>Signed by the identity key that takes its place: begins the facts of a rotation.</summary>
    public static ReadOnlySpan<byte> RotationByNew => "firn/1 rotation by new "u8;

    /// <summary>HKDF: the MAC key of the end that dialled, of the code of an invite.</summary>
    public static ReadOnlySpan<byte> JoinOfInitiator => "firn/1 join initiator"u8;

    /// <summary>HKDF: the MAC key of the inviter, of the code of an invite.</summary>
    public static ReadOnlySpan<byte> JoinOfAcceptor => "firn/1 join acceptor"u8;

    /// <summary>SHA-256: begins what the checksum of an invite's line is made of.</summary>
    public static ReadOnlySpan<byte> InviteLine => "firn/1 invite line"u8;

    /// <summary>HKDF: the key of a cookie's tags in multicast DNS.</summary>
    public static ReadOnlySpan<byte> Mdns => "firn/1 mdns"u8;
}
