namespace Firn;

/// <summary>Which of several named things an abbreviated node name means.</summary>
internal static class NameMatch
{
    /// <summary>
    /// Those whose full name is <paramref name="wanted"/>; else those whose part before the <c>@</c> is; else those whose name begins
    /// with it. One means that it is unambiguous.
    /// </summary>
    public static IReadOnlyList<T> Find<T>(IReadOnlyList<T> all, Func<T, NodeName> nameOf, string wanted)
    {
        List<T> meant = [.. all.Where(one => nameOf(one).ToString() == wanted)];
        if (meant.Count == 0)
            meant = [.. all.Where(one => nameOf(one).Name == wanted)];
        if (meant.Count == 0 && wanted.Length > 0)
            meant = [.. all.Where(one => nameOf(one).ToString().StartsWith(wanted, StringComparison.Ordinal))];
        return meant;
    }
}
