using Firn.Benchmarks;

try
{
    return await BenchOptions.Parse(args).RunAsync();
}
catch (UsageException e)
{
    Console.Error.WriteLine($"{e.Message} See --help.");
    return 2;
}
