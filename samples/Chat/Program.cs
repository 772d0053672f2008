// A group chat. Start it in several terminals, or on several machines that share a cookie:
//   dotnet run --project samples/Chat -- ann [ADDRESS OF A NODE ELSEWHERE]
// What is typed at one appears at the others. Nodes that are not in the chat do not matter.
using Firn;

var options = new NodeOptions { Name = args.ElementAtOrDefault(0) };
foreach (string address in args.Skip(1))
    options.Peers.Add(address);
await using var node = await Node.StartAsync(options);
string me = node.Self.Name.Name;
var room = node.Spawn<Line>("chat", ChatAsync);

// Whoever is connected may have a chat: say hello to it. Of two that start at once, the later one reaches the other.
node.PeerUp += Greet;
foreach (var peer in node.Peers)
    Greet(peer);

Console.WriteLine($"* you are {me}: type, and end with Ctrl-D");
while (await Console.In.ReadLineAsync() is { } text)
{
    if (text.Length > 0)
        await room.SendAsync(new Line(me, text, room));
}

void Greet(Peer peer) => _ = TryAsync(() => peer.Named<Line>("chat").SendAsync(new Line(me, null, room)));

async Task ChatAsync(Process<Line> self)
{
    var guests = new Dictionary<Pid, Guest>();
    await foreach (var message in self.Messages)
    {
        if (message.Down is { } down)
        {
            if (guests.Remove(down.Process, out var gone))
                Console.WriteLine($"* {gone.Name} has left");
            continue;
        }

        var line = message.Body;
        if (line.Room == self.Pid)
        {
            foreach (var guest in guests.Values)
                await TryAsync(() => guest.Room.SendAsync(line));
            continue;
        }

        if (line.Room is { } other && guests.TryAdd(other, new Guest(line.From, other)))
        {
            Console.WriteLine($"* {line.From} is here");
            self.Monitor(other);
            await TryAsync(() => other.SendAsync(new Line(me, null, self.Pid)));
        }

        if (line.Text is not null)
            Console.WriteLine($"{line.From}: {line.Text}");
    }
}

// Whoever is gone needs no message: the monitor tells of it.
static async Task TryAsync(Func<ValueTask> send)
{
    try
    {
        await send();
    }
    catch (FirnException)
    {
    }
}

/// <summary>What somebody says, and the process that hears the answers; a line without text is a hello.</summary>
internal sealed record Line(string From, string? Text, Pid<Line>? Room = null);

/// <summary>Somebody else in the chat.</summary>
internal sealed record Guest(string Name, Pid<Line> Room);
