namespace Firn.Cli;

/// <summary>A failure for people: one line, and one more for each of several ways that a dial has tried.</summary>
internal static class FailureLines
{
    public static IEnumerable<string> Of(FirnException e)
    {
        int list = e.Ways.Count < 2 ? -1 : e.Message.IndexOf($": {e.Ways[0].ToString().TrimEnd('.')}", StringComparison.Ordinal);
        if (list < 0)
            return [$"firn: {e.Message}"];
        return [$"firn: {e.Message[..list]}:", .. e.Ways.Select(static way => $"  {way}")];
    }
}
