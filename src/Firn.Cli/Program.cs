using Firn.Cli;

BrokenPipe.Notice();
using var signals = new StopSignals();
return await Tool.RunAsync(args, Console.Out, Console.Error, signals.Token);
