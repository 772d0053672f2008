using System.Net;
using FsCheck;
using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

/// <summary>Well-formed names and hosts of every kind.</summary>
internal static class Names
{
    private const string Letters = "ABCXYZabcxyz_-";

    private static readonly Gen<string> Name = Text(Letters + "0189", 64);

    // A last part of digits would be an IPv4 address.
    private static readonly Gen<string> DnsName =
        from first in Gen.ListOf(Text(Letters + "0189", 20))
        from last in Text(Letters, 20)
        select string.Join('.', first.Take(8).Append(last));

    private static readonly Gen<string> IPv4 = Address(4).Select(a => a.ToString());

    private static readonly Gen<string> IPv6 =
        from address in Address(16)
        from upper in Gen.Elements(false, true)
        select upper ? $"[{address.ToString().ToUpperInvariant()}]" : $"[{address}]";

    public static Gen<string> Host { get; } = Gen.OneOf(DnsName, IPv4, IPv6);

    public static Arbitrary<(string Name, string Host)> Arbitrary { get; } =
        (from name in Name from host in Host select (name, host)).ToArbitrary();

    private static Gen<string> Text(string of, int maxLength) =>
        from length in Gen.Choose(1, maxLength)
        from characters in Gen.ArrayOf(Gen.Elements(of.ToCharArray()), length)
        select new string(characters);

    private static Gen<IPAddress> Address(int length) =>
        from bytes in Gen.ArrayOf(Gen.Frequency((1, Gen.Constant(0)), (1, Gen.Choose(0, 255))), length)
        select new IPAddress(Array.ConvertAll(bytes, b => (byte)b));
}
