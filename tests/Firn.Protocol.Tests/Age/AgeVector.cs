using System.IO.Compression;
using System.Text;

namespace Firn.Protocol.Tests;

/// <summary>A published test vector (Vectors/README.md): what is expected, then the file itself.</summary>
internal sealed class AgeVector
{
    private const string Prefix = "Age/Vectors/";

    private readonly Dictionary<string, string> _fields = [];

    private AgeVector(byte[] bytes)
    {
        int position = 0;
        while (ReadLine(bytes, ref position) is { Length: > 0 } line)
        {
            string[] field = line.Split(": ", 2);
            _fields[field[0]] = field[1];
        }

        File = _fields.ContainsKey("compressed") ? Inflate(bytes[position..]) : bytes[position..];
    }

    public static IEnumerable<string> Names => typeof(AgeVector).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]);

    public string Expected => _fields["expect"];

    public byte[] File { get; }

    public byte[]? Passphrase => _fields.TryGetValue("passphrase", out string? text) ? Encoding.UTF8.GetBytes(text) : null;

    public byte[]? FileKey => _fields.TryGetValue("file key", out string? hex) ? Convert.FromHexString(hex) : null;

    /// <summary>SHA-256, in hexadecimal.</summary>
    public string PlaintextHash => _fields["payload"];

    public static AgeVector Read(string name)
    {
        using var stream = typeof(AgeVector).Assembly.GetManifestResourceStream(Prefix + name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new AgeVector(bytes);
    }

    private static string ReadLine(byte[] bytes, ref int position)
    {
        int end = Array.IndexOf(bytes, (byte)'\n', position);
        string line = Encoding.UTF8.GetString(bytes, position, end - position);
        position = end + 1;
        return line;
    }

    private static byte[] Inflate(byte[] bytes)
    {
        using var inflated = new MemoryStream();
        using var deflated = new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress);
        deflated.CopyTo(inflated);
        return inflated.ToArray();
    }
}
