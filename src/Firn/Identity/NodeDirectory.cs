using System.Security.Cryptography;
using System.Text;

namespace Firn.Identity;

/// <summary>Where a node's directory lies in its home.</summary>
internal static class NodeDirectory
{
    public const string Parent = "nodes";

    private const int MaxLength = 200;   // file systems allow 255 bytes
    private const int ShortenedLength = 160;

    public static string Of(FirnHome home, NodeName name) => home.In(Parent, FileName(name));

    /// <summary>The nodes that have a directory in <paramref name="home"/>, but for those with a name too long to be read from it.</summary>
    public static IEnumerable<NodeName> List(FirnHome home)
    {
        var parent = home.In(Parent);
        if (!Directory.Exists(parent))
            yield break;

        foreach (var path in PrivateFiles.Guard(parent, () => Directory.GetDirectories(parent)))
        {
            var file = Path.GetFileName(path);
            int host = file.IndexOf('@', StringComparison.Ordinal) + 1;
            var text = file.Contains('+', StringComparison.Ordinal) ? $"{file.AsSpan(0, host)}[{file[host..].Replace('+', ':')}]" : file;
            if (NodeName.TryParse(text, out var name, out _) && FileName(name) == file)
                yield return name;
        }
    }

    /// <summary>
    /// The node's full name as a file name that no other node has: an IPv6 host without brackets and with '+' for ':', a very
    /// long one cut and hashed. Neither '+' nor '~' is legal in a name.
    /// </summary>
    public static string FileName(NodeName name)
    {
        var text = name.ToString();
        var file = text.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace(':', '+');
        return file.Length <= MaxLength
            ? file
            : $"{file.AsSpan(0, ShortenedLength)}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)).AsSpan(0, 8))}";
    }
}
