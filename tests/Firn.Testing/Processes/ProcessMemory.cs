using System.Globalization;

namespace Firn.Testing;

/// <summary>The memory of a real process, as who takes an image of it sees it (proc(5)).</summary>
internal static class ProcessMemory
{
    private const int Piece = 1 << 20;

    /// <summary>Whether <paramref name="secret"/> lies anywhere in what the process can read.</summary>
    public static bool Holds(int process, ReadOnlySpan<byte> secret)
    {
        using var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var buffer = new byte[Piece + secret.Length];
        foreach ((long start, long end) in Regions(process))
        {
            // Pieces overlap, so that nothing hides across the border of two.
            for (long at = start; at < end; at += Piece)
            {
                int length = ReadAll(memory, at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)));
                if (buffer.AsSpan(0, length).IndexOf(secret) >= 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static IEnumerable<(long Start, long End)> Regions(int process)
    {
        foreach (string line in File.ReadAllLines($"/proc/{process}/maps"))
        {
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            bool isOfTheKernel = fields is [.., "[vvar]" or "[vsyscall]" or "[vvar_vclock]"];
            if (fields[1].StartsWith('r') && !isOfTheKernel)
            {
                string[] range = fields[0].Split('-');
                yield return (long.Parse(range[0], NumberStyles.HexNumber), long.Parse(range[1], NumberStyles.HexNumber));
            }
        }
    }

    /// <summary>As much as can be read: of a mapped file that was cut, only its begin.</summary>
    private static int ReadAll(FileStream memory, long at, Span<byte> into)
    {
        int length = 0;
        try
        {
            for (int read; length < into.Length && (read = RandomAccess.Read(memory.SafeFileHandle, into[length..], at + length)) > 0;)
            {
                length += read;
            }
        }
        catch (IOException)
        {
            // A page that cannot be read ends the piece.
        }

        return length;
    }
}
