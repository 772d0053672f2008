using System.Text;

namespace Firn.Protocol.Tests.Handshake;

/// <summary>What recorded conversations share: fixed points of the curve, and the documentation that prints them.</summary>
internal static class Vectors
{
    /// <summary>The points G and 2G, whose private keys are 1 and 2.</summary>
    public const string G = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";

    public const string G2 = "037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978";

    public static string Documentation { get; } = File.ReadAllText(Path.Combine(Root(), "docs", "protocol.md"));

    private static string Hex { get; } = string.Concat(Documentation.Where(c => !char.IsWhiteSpace(c)));

    public static void ShouldBePrinted(params IEnumerable<(string Name, string Hex)> expected)
    {
        foreach (var (name, hex) in expected)
            Hex.ShouldContain(hex, Case.Sensitive, name);
    }

    public static Did DidOf(string point)
    {
        Did.TryFromPoint(Convert.FromHexString(point), out var did).ShouldBeTrue();
        return did.ShouldNotBeNull();
    }

    /// <summary>Instead of a certificate, a text.</summary>
    public static VerifiedLeaf Leaf(string point, string text) => new(DidOf(point), Encoding.ASCII.GetBytes(text), default, default);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Firn.slnx")))
            folder = folder.Parent.ShouldNotBeNull();
        return folder.FullName;
    }
}
