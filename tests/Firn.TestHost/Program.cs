// A node of a test, in a process of its own that the test may kill or freeze:
//   Firn.TestHost COOKIE
// Says where it listens, and lives until its input ends.
using Firn;

var options = new NodeOptions { Name = "host", Ephemeral = true, Cookie = args[0], Discovery = false };
options.Listen.Add("tcp://127.0.0.1:0");
await using var node = await Node.StartAsync(options);
node.Spawn<int>("echo", static async self =>
{
    await foreach (var message in self.Messages)
        await message.ReplyAsync(message.Body);
});
node.Spawn<int>("silent", static async self =>
{
    await foreach (var _ in self.Messages)
        continue;
});
Console.WriteLine(node.Self.Listening[0]);
await Console.In.ReadLineAsync();
