namespace Firn.Protocol.Tests;

/// <summary>Makes damaged inputs out of good ones, and inputs out of nothing; the same seed makes the same ones.</summary>
internal sealed class Mutator(int seed)
{
    // Bytes and characters that parsers treat in a special way are worth more than others.
    private static readonly byte[] SpecialBytes = [0, 1, 2, 5, 7, 8, 0x0A, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xF8, 0xFF];
    private const string SpecialCharacters = "@:/[]. -_%0189azAZ\0\r\n\t\\\"'*?#\u00E9\u212A\u0130\u0660\u3002\uFF0E\u202E\uD800\uDC00\uFFFF";

    private readonly Random _random = new(seed);

    public int Next(int below) => _random.Next(below);

    public bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    public T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    public byte[] Bytes(int maxLength)
    {
        var bytes = new byte[_random.Next(maxLength + 1)];
        _random.NextBytes(bytes);
        return bytes;
    }

    public string Text(int maxLength) => new([.. Enumerable.Range(0, _random.Next(maxLength + 1)).Select(_ => Character())]);

    /// <summary>Cuts <paramref name="whole"/> into pieces, empty ones too.</summary>
    public IEnumerable<byte[]> Split(byte[] whole, int maxPiece)
    {
        for (int from = 0; from < whole.Length;)
        {
            int length = Math.Min(_random.Next(maxPiece + 1), whole.Length - from);
            yield return whole[from..(from + length)];
            from += length;
        }
    }

    /// <summary>A copy of <paramref name="original"/> with one to four changes.</summary>
    public byte[] Mutate(byte[] original) => [.. Mutate(original, Byte, b => (byte)(b ^ (1 << _random.Next(8))))];

    /// <summary>A copy of <paramref name="original"/> with one to four changes.</summary>
    public string Mutate(string original) =>
        new([.. Mutate(original, Character, c => char.IsLower(c) ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c))]);

    private List<T> Mutate<T>(IEnumerable<T> original, Func<T> any, Func<T, T> change)
    {
        List<T> items = [.. original];
        for (int changes = _random.Next(1, 5); changes > 0; changes--)
            MutateOnce(items, any, change);
        return items;
    }

    private void MutateOnce<T>(List<T> items, Func<T> any, Func<T, T> change)
    {
        int at = _random.Next(items.Count + 1);
        int length = Math.Min(_random.Next(1, 9), items.Count - at);
        switch (_random.Next(7))
        {
            case 0:
                items.Insert(at, any());
                break;
            case 1:
                items.RemoveRange(at, length);
                break;
            case 2:
                items.InsertRange(_random.Next(items.Count + 1), items.GetRange(at, length));
                break;
            case 3:
                items.RemoveRange(at, items.Count - at);
                break;
            case 4:
                items.InsertRange(at, Enumerable.Repeat(any(), _random.Next(1, 100)));
                break;
            case 5 when at < items.Count:
                items[at] = any();
                break;
            case 6 when at < items.Count:
                items[at] = change(items[at]);
                break;
        }
    }

    private byte Byte() => Chance(2) ? Pick(SpecialBytes) : (byte)_random.Next(256);

    private char Character() =>
        Chance(2) ? SpecialCharacters[_random.Next(SpecialCharacters.Length)]
        : Chance(8) ? (char)_random.Next(0x10000)
        : (char)_random.Next(' ', 0x7F);
}
