using System.Security.Cryptography;
using Firn.Identity;

namespace Firn.Tests.Transports;

/// <summary>Leaves of two nodes, made once: what a test needs is only that they differ.</summary>
internal static class Leaves
{
    public static readonly LeafCredential Alpha = New();
    public static readonly LeafCredential Beta = New();

    private static LeafCredential New()
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new NodeCredentials(identity, DateTimeOffset.UtcNow).Current;
    }
}
