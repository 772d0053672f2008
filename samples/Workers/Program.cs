// Jobs spread over nodes. Start workers, on this machine or on others that share a cookie, then hand out jobs:
//   dotnet run --project samples/Workers                 a worker node; start several
//   dotnet run --project samples/Workers -- 200          200 jobs, done by whoever works
// Kill a worker node in the middle: its job is given to another. Start one: it gets work at once.
using System.Collections.Concurrent;
using System.Threading.Channels;
using Firn;

if (args is not [var number])
    return await WorkAsync();
if (int.TryParse(number, out int count) && count > 0)
    return await HandOutAsync(count);
Console.Error.WriteLine($"\"{number}\" is no number of jobs");
return 2;

// A worker node: lets others start workers here, and waits until it is told to end.
static async Task<int> WorkAsync()
{
    await using var node = await Node.StartAsync(new NodeOptions());
    node.Register<Job, string>("work", async (self, employer) =>
    {
        Console.WriteLine($"hired by {employer}");
        await foreach (var message in self.Messages)
            await message.ReplyAsync(new Result(message.Body.Number, CountPrimes(message.Body.Below)));
    });
    Console.WriteLine($"{node.Self.Name} is ready to work, until Enter or Ctrl-D");
    await Console.In.ReadLineAsync();
    return 0;
}

// The employer: a worker at every node that has any, each with one job at a time.
static async Task<int> HandOutAsync(int count)
{
    await using var node = await Node.StartAsync(new NodeOptions { Name = "employer" });
    var jobs = Channel.CreateUnbounded<Job>();
    var results = new ConcurrentDictionary<int, Result>();
    for (int i = 1; i <= count; i++)
        jobs.Writer.TryWrite(new Job(i, 20_000 * (1 + (i % 10))));

    var employed = new ConcurrentDictionary<Peer, Task>();
    node.PeerUp += Employ;
    foreach (var peer in node.Peers)
        Employ(peer);
    await jobs.Reader.Completion;
    Console.WriteLine($"{results.Count} of {count} jobs done, {results.Values.Sum(result => result.Primes)} primes counted");
    return 0;

    void Employ(Peer peer) => employed.GetOrAdd(peer, EmployAsync);

    async Task EmployAsync(Peer peer)
    {
        while (await TryHireAsync(peer) is { } worker)
        {
            Console.WriteLine($"{peer.Name} works");
            try
            {
                await foreach (var job in jobs.Reader.ReadAllAsync())
                    await DoAsync(job, worker, peer);
                return;
            }
            catch (FirnException e)
            {
                Console.WriteLine($"{peer.Name} is lost: {e.Message}");   // its worker is replaced, if the node is still there
            }
        }
    }

    // Null at a node that is here for something else, or is gone: PeerUp says when it is back.
    async Task<Pid<Job>?> TryHireAsync(Peer peer)
    {
        try
        {
            return await peer.SpawnAsync<Job, string>("work", node.Self.Name.Name);
        }
        catch (FirnException)
        {
            return null;
        }
    }

    // A job whose worker dies goes back to the others. It may have been done; its result counts once.
    async Task DoAsync(Job job, Pid<Job> worker, Peer peer)
    {
        try
        {
            var result = await worker.CallAsync<Result>(job, TimeSpan.FromMinutes(1));
            if (results.TryAdd(job.Number, result))
                Console.WriteLine($"job {job.Number} done by {peer.Name}");
            if (results.Count == count)
                jobs.Writer.TryComplete();
        }
        catch (FirnException)
        {
            jobs.Writer.TryWrite(job);
            throw;
        }
    }
}

static int CountPrimes(int below) => Enumerable.Range(2, below - 2).Count(n => Enumerable.Range(2, (int)Math.Sqrt(n) - 1).All(d => n % d != 0));

/// <summary>How many primes there are below a number.</summary>
internal sealed record Job(int Number, int Below);

/// <summary>The answer.</summary>
internal sealed record Result(int Number, int Primes);
