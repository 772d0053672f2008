namespace Firn.Benchmarks;

/// <summary>Kinds by turns, so that whatever else the machine does falls on all of them.</summary>
internal static class Pairs
{
    /// <summary>Warms up with some runs of each, then makes <paramref name="count"/> pairs; every other one begins with Firn.</summary>
    public static async Task<IReadOnlyList<(T Raw, T Firn)>> AlternateAsync<T>(
        int count, Func<Task<T>> raw, Func<Task<T>> firn, int warmUps = 1)
    {
        var runs = await AlternateAsync(count, [raw, firn], warmUps);
        return [.. runs[0].Zip(runs[1])];
    }

    /// <summary>
    /// Warms up with some runs of each kind, then goes through them <paramref name="count"/> times; every other time backwards. What
    /// each yielded, in the order of the kinds.
    /// </summary>
    public static async Task<IReadOnlyList<IReadOnlyList<T>>> AlternateAsync<T>(
        int count, IReadOnlyList<Func<Task<T>>> kinds, int warmUps = 1)
    {
        for (int i = 0; i < warmUps; i++)
        {
            foreach (var run in kinds)
                await run();
        }

        var results = kinds.Select(_ => new List<T>(count)).ToArray();
        for (int i = 0; i < count; i++)
        {
            var order = Enumerable.Range(0, kinds.Count);
            foreach (int kind in i % 2 == 1 ? order.Reverse() : order)
                results[kind].Add(await kinds[kind]());
        }

        return results;
    }
}
