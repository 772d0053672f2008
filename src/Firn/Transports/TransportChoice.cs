using Firn.Identity;
using Firn.Protocol;

namespace Firn.Transports;

/// <summary>Which of several transports an address is for.</summary>
internal static class TransportChoice
{
    /// <summary>Whether the host is to be resolved before it is dialled.</summary>
    public static bool IsName(this IReadOnlyList<ITransport> transports, NodeAddress address) =>
        !MeshAddresses.TryLiteral(address, out _) && transports.For(address) is { DialsNames: false };

    /// <summary>A secured link by <paramref name="way"/>; who is at its end is not known yet.</summary>
    /// <exception cref="FirnException">As <see cref="ITransport.DialAsync"/>; <see cref="FailureReason.Unsupported"/>: there is no such transport.</exception>
    public static ValueTask<ILink> DialAsync(
        this IReadOnlyList<ITransport> transports, DirectWay way, LeafCredential local, CancellationToken cancellationToken)
    {
        var transport = transports.For(way.Address) ?? throw new FirnException(
            FailureReason.Unsupported, $"{way.Address}: this build of Firn does not dial {way.Address.Scheme}; use tcp.");
        return transport.DialAsync(way.Endpoint, local, cancellationToken);
    }

    private static ITransport? For(this IReadOnlyList<ITransport> transports, NodeAddress address) =>
        transports.FirstOrDefault(t => t.Scheme == address.Scheme);
}
