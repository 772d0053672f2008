using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Firn.Cli;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks to stop in good order, a later one ends the process at once. Two at the same moment are one:
/// timeout(1) signals its child and then the child's whole group.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan OneMoment = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _first;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
    ];

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        long first = Interlocked.CompareExchange(ref _first, Stopwatch.GetTimestamp(), 0);
        if (first == 0)
            _stop.Cancel();
        else if (Stopwatch.GetElapsedTime(first) > OneMoment)
            Environment.Exit(Tool.Interrupted);
    }
}
