namespace Firn.Benchmarks;

/// <summary>Two kinds by turns, so that whatever else the machine does falls on both.</summary>
internal static class Pairs
{
    /// <summary>Warms up with a run of each, then makes <paramref name="count"/> pairs; every other one begins with Firn.</summary>
    public static async Task<IReadOnlyList<(T Raw, T Firn)>> AlternateAsync<T>(int count, Func<Task<T>> raw, Func<Task<T>> firn)
    {
        await raw();
        await firn();
        var pairs = new List<(T, T)>();
        for (int i = 0; i < count; i++)
        {
            bool firnFirst = i % 2 == 1;
            var first = await (firnFirst ? firn() : raw());
            var second = await (firnFirst ? raw() : firn());
            pairs.Add(firnFirst ? (second, first) : (first, second));
        }

        return pairs;
    }
}
