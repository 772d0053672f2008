using Firn.Cli;
using Firn.Unlocking;

BrokenPipe.Notice();
VariablePassphrase.Take();   // before anything starts a child
using var signals = new StopSignals();
return await Tool.RunAsync(args, Console.Out, Console.Error, signals.Token);
