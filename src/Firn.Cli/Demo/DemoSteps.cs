using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Firn.Cli;

/// <summary>What <c>firn demo --json</c> says.</summary>
internal sealed record DemoRecord(bool Ok, double Seconds, IReadOnlyList<DemoStep> Steps);

/// <summary>One step: what was to happen, whether it did, how long it took and what was seen.</summary>
internal sealed record DemoStep(string Step, bool Ok, double Ms, string Detail);

/// <summary>Runs the steps of the demo, prints each as it happens, and keeps the record.</summary>
internal sealed class DemoSteps
{
    /// <summary>A step takes a second or two; a machine that is busy with something else, many times that.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IAnsiConsole _console;
    private readonly List<DemoStep> _steps = [];
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();

    public DemoSteps(TextWriter output) => _console = Terminal.For(output);

    public DemoRecord Record => new(_steps.TrueForAll(step => step.Ok), Math.Round(_elapsed.Elapsed.TotalSeconds, 2), _steps);

    /// <summary>Runs <paramref name="act"/>, which answers what was seen.</summary>
    /// <exception cref="FirnException">It did not happen; the step says so already.</exception>
    public async Task RunAsync(string step, Func<CancellationToken, Task<string>> act, CancellationToken stop)
    {
        _console.WriteLine($"{_steps.Count + 1}. {step}", new Style(decoration: Decoration.Bold));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Patience);
        var elapsed = Stopwatch.StartNew();
        try
        {
            string detail = await act(deadline.Token);
            Finish(new DemoStep(step, true, Milliseconds(elapsed), detail));
        }
        catch (FirnException e)
        {
            Finish(new DemoStep(step, false, Milliseconds(elapsed), e.Message));
            throw;
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            Finish(new DemoStep(step, false, Milliseconds(elapsed), $"did not happen within {Patience.TotalSeconds:0} s"));
            throw new FirnException(FailureReason.TimedOut, $"the demo stopped at \"{step}\"", e);
        }
    }

    /// <summary>Prints lines that belong to the step before, or to none.</summary>
    public void Show(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            _console.WriteLine(line);
    }

    private static double Milliseconds(Stopwatch elapsed) => Math.Round(elapsed.Elapsed.TotalMilliseconds, 1);

    private void Finish(DemoStep step)
    {
        _steps.Add(step);
        string time = string.Create(CultureInfo.InvariantCulture, $"{step.Ms / 1000:0.00} s");
        _console.Write("   ");
        _console.Write(step.Ok ? "ok" : "failed", new Style(step.Ok ? Color.Green : Color.Red));
        _console.WriteLine($", {time}: {Printable.Line(step.Detail)}");   // not as markup, in which did:key: has a picture
    }
}
