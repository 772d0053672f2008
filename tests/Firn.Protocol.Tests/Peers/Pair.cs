using System.Security.Cryptography;
using System.Text;

namespace Firn.Protocol.Tests;

/// <summary>Names, keys and session ids for tests of the rules.</summary>
internal static class Pair
{
    public static PeerKey Alice { get; } = Key("alice");

    public static PeerKey Bob { get; } = Key("bob");

    /// <summary>A key that the same name always gets; two variants of a name are two identities.</summary>
    public static PeerKey Key(string name, int variant = 0)
    {
        var point = new byte[Did.PointLength];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{name}/{variant}")).CopyTo(point, 1);
        point[0] = 2;
        return new PeerKey(Did.FromValidPoint(point), NodeName.Parse($"{name}@test"));
    }

    public static SessionId Session(ulong number)
    {
        var bytes = new byte[SessionId.Length];
        BitConverter.TryWriteBytes(bytes, number);
        return new SessionId(bytes);
    }
}
