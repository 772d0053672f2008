using System.Text.Json;

namespace Firn.Benchmarks;

/// <summary>The other process: says where it listens, then answers every line of its input with what it uses, until its input ends.</summary>
internal static class Serving
{
    public static async Task RunAsync(string kind, int interval)
    {
        if (kind == "firn")
        {
            await using var node = await FirnNodes.StartAsync("acceptor", interval);
            await AnswerAsync(node.Self.Listening[0].ToString());
        }
        else
        {
            using var server = new RawServer(isFrugal: kind == "raw-frugal", isChecked: kind != "raw-unchecked");
            await AnswerAsync(server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static async Task AnswerAsync(string where)
    {
        Console.WriteLine(where);
        while (await Console.In.ReadLineAsync() is { } line)
            Console.WriteLine(JsonSerializer.Serialize(Usage.Measure(collect: line == "collect")));
    }
}
