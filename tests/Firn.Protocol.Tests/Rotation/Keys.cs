using System.Security.Cryptography;

namespace Firn.Protocol.Tests;

/// <summary>Keys that take each other's places, by numbers.</summary>
internal static class Keys
{
    private static readonly ECDsa[] All = [.. Enumerable.Range(0, 12).Select(static _ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    public static Did Did(int key) => LeafProfile.DidOf(All[key]);

    public static RotationStatement Statement(int old, int successor) => RotationStatement.Sign(All[old], All[successor], DateTimeOffset.UnixEpoch);

    /// <summary>From each key to the one after it.</summary>
    public static RotationChain Chain(params int[] keys) => keys.Zip(keys.Skip(1))
        .Aggregate(RotationChain.Empty, static (chain, step) => chain.Append(Statement(step.First, step.Second)));

    public static RotationTable Table(params int[][] chains) =>
        chains.Aggregate(RotationTable.Empty, static (table, keys) => table.With(Chain(keys)).ShouldNotBeNull());
}
