using System.Text;

namespace Firn.Protocol;

/// <summary>Reads the lines of an age header, strictly (C2SP, age, "ABNF definition of file header").</summary>
internal ref struct AgeHeaderReader(ReadOnlySpan<byte> file)
{
    /// <summary>Characters of a line of a stanza's body after which another one follows.</summary>
    public const int FullLine = 64;

    // No line that anybody writes comes near; a file that claims so is told apart before it costs anything.
    private const int MaxLine = 8 * 1024;

    private readonly ReadOnlySpan<byte> _file = file;

    public int Position { get; private set; }

    public readonly bool IsAtStanza => _file[Position..].StartsWith("->"u8);

    public void ReadVersion()
    {
        if (_file.IsEmpty)
            throw Refused("it is empty");
        if (_file.TrimStart(" \t\r\n"u8).StartsWith("-----BEGIN AGE ENCRYPTED FILE-----"u8))
            throw Refused("it is an age file in ASCII armor: expected the binary form, as age writes it without -a (or --armor)");
        if (!_file.StartsWith("age-encryption.org/"u8))
            throw Refused("it does not begin as an age file does");

        var line = ReadLine();
        if (!line.SequenceEqual(Encoding.ASCII.GetBytes(AgeHeader.VersionLine)))
            throw Refused($"its first line is \"{Show(line)}\": expected {AgeHeader.VersionLine}");
    }

    /// <summary>A line of arguments, then lines of Base 64, full ones and one that is not.</summary>
    public AgeStanza ReadStanza()
    {
        var line = ReadLine();
        if (!line.StartsWith("-> "u8))
            throw Refused($"\"{Show(line)}\" is no recipient: expected \"-> \" and its type");

        string[] arguments = Encoding.Latin1.GetString(line[3..]).Split(' ');
        foreach (string argument in arguments)
        {
            if (argument.Length == 0 || argument.AsSpan().ContainsAnyExceptInRange('!', '~'))
                throw Refused($"\"{Show(line)}\" is no recipient: expected visible characters with single blanks between");
        }

        var body = new List<byte>();
        ReadOnlySpan<byte> text;
        do
        {
            text = ReadLine();
            if (text.Length > FullLine || AgeBase64.TryDecode(text) is not { } bytes)
                throw Refused($"\"{Show(text)}\" is no part of a wrapped key: expected at most {FullLine} characters of canonical Base 64 without padding");
            body.AddRange(bytes);
        }
        while (text.Length == FullLine);
        return new AgeStanza(arguments, [.. body]);
    }

    /// <summary>The MAC, and how many bytes of the file it covers: all up to the blank before it.</summary>
    public byte[] ReadMac(out int macInputLength)
    {
        int start = Position;
        var line = ReadLine();
        if (!line.StartsWith("--- "u8))
            throw Refused($"\"{Show(line)}\" is neither a recipient (\"-> \") nor the end of the header (\"--- \")");
        macInputLength = start + 3;
        return AgeBase64.TryDecode(line[4..]) is { Length: AgeHeader.MacLength } mac
            ? mac
            : throw Refused($"its header ends with \"{Show(line)}\": expected 43 characters of canonical Base 64");
    }

    private ReadOnlySpan<byte> ReadLine()
    {
        var rest = _file[Position..];
        int end = rest[..Math.Min(rest.Length, MaxLine)].IndexOf((byte)'\n');
        if (end < 0)
            throw Refused(rest.Length < MaxLine ? "its header is cut off" : $"a line of its header has more than {MaxLine} characters");
        Position += end + 1;
        return rest[..end];
    }

    /// <summary>The begin of a line that came from elsewhere, fit for a sentence.</summary>
    private static string Show(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder();
        foreach (byte b in line[..Math.Min(line.Length, 40)])
            text.Append(b is >= (byte)' ' and <= (byte)'~' ? (char)b : '?');
        return line.Length > 40 ? $"{text}…" : text.ToString();
    }

    private static AgeException Refused(string message) => new(AgeFault.Header, message);
}
