namespace Firn.Protocol;

/// <summary>Why a peer's certificate is refused. For the local log; the peer is told nothing but that it failed.</summary>
internal enum CredentialFault
{
    /// <summary>It is good.</summary>
    None,

    /// <summary>The peer presented none: a plain TLS client.</summary>
    NoCertificate,

    /// <summary>It came with further ones, which nobody needs and somebody would have to parse.</summary>
    SeveralCertificates,

    /// <summary>Over 4 KiB.</summary>
    TooLarge,

    /// <summary>Not DER, not X.509 version 3, or a critical extension that is not understood.</summary>
    Malformed,

    /// <summary>Its key is RSA, of another curve, or of a curve that it describes itself.</summary>
    KeyNotP256,

    /// <summary>No identity key inside: made by something else than Firn.</summary>
    MissingIdentity,

    /// <summary>The identity key inside is no point of P-256.</summary>
    IdentityNotOnCurve,

    /// <summary>Signed by somebody else than the identity it names, by itself, or with another algorithm.</summary>
    NotSignedByIdentity,

    /// <summary>Valid for more than 30 days: a stolen leaf must not live long.</summary>
    TooLong,

    /// <summary>Its time is over, or a clock is wrong.</summary>
    Expired,

    /// <summary>Its time has not come, or a clock is wrong.</summary>
    NotYetValid,
}
