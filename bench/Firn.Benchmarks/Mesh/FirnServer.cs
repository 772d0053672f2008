namespace Firn.Benchmarks;

/// <summary>A node with what the contestants of Firn talk to.</summary>
internal static class FirnServer
{
    public const string Sink = "sink", Echo = "echo", Stream = "bench/1";

    public static async Task<Node> StartAsync(int interval, string listen)
    {
        var node = await FirnNodes.StartAsync("acceptor", interval, listen);
        node.Register<ReadOnlyMemory<byte>, int>(Sink, CountAsync);
        node.Register<ReadOnlyMemory<byte>, int>(Echo, EchoAsync);
        node.HandleStreams(Stream, CountAsync);
        return node;
    }

    /// <summary>Counts messages, and answers a call with the count.</summary>
    private static async Task CountAsync(Process<ReadOnlyMemory<byte>> self, int _)
    {
        long count = 0;
        await foreach (var message in self.Messages)
        {
            if (message.IsCall)
                await message.ReplyAsync(count);
            else
                count++;
        }
    }

    private static async Task EchoAsync(Process<ReadOnlyMemory<byte>> self, int _)
    {
        await foreach (var message in self.Messages)
            await message.ReplyAsync(message.Body);
    }

    /// <summary>Counts bytes, and answers their end with the count.</summary>
    private static async Task CountAsync(FirnStream stream)
    {
        var buffer = new byte[Payloads.Chunk.Length];
        long count = 0;
        while (await stream.ReadAsync(buffer) is var read and > 0)
            count += read;
        await stream.WriteAsync(BitConverter.GetBytes(count));
    }
}
