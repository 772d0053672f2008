using System.Net;
using Firn.Identity;

namespace Firn.Transports;

/// <summary>
/// One secured connection. Who is at its other end is <b>not</b> known yet: both roles leave that to the one handshake, which
/// verifies <see cref="Remote"/>.
/// </summary>
internal interface ILink : IAsyncDisposable
{
    /// <summary>Both directions, encrypted. It belongs to the link.</summary>
    Stream Stream { get; }

    /// <summary>What the other end presented, unverified.</summary>
    PeerCertificate Remote { get; }

    /// <summary>The leaf that this end presented; a renewed one serves only later links.</summary>
    LeafCredential Local { get; }

    /// <summary>Whether this end dialled.</summary>
    bool IsInitiator { get; }

    /// <summary>The other end's address; null where the transport has none.</summary>
    IPEndPoint? RemoteEndPoint { get; }

    /// <summary>What was dialled, where that says more than the endpoint: a name, behind which a proxy may stand; else null.</summary>
    NodeAddress? Dialled => null;

    /// <summary>
    /// From where the other end sees addresses that it tells of; <see cref="IPAddress.None"/>, which is on no link, where the endpoint may be that
    /// of a proxy.
    /// </summary>
    IPAddress Vantage => RemoteEndPoint?.Address ?? IPAddress.Loopback;

    /// <summary>The scheme of the transport.</summary>
    string Transport { get; }

    /// <summary>The streams of the transport itself; null where it has none, or cannot send them fairly.</summary>
    INativeStreams? Native => null;

    /// <summary>Cuts the connection at once: what waits on it fails. From any thread, as often as one likes.</summary>
    void Abort();
}

/// <summary>What the other end of a link presented in TLS, not yet verified.</summary>
/// <param name="LeafDer">Its certificate as it came; empty if it presented none.</param>
/// <param name="ExtraCertificates">How many more certificates came with it.</param>
internal readonly record struct PeerCertificate(ReadOnlyMemory<byte> LeafDer, int ExtraCertificates);
