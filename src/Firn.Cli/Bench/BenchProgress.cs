using Firn.AspNetCore;
using Spectre.Console;

namespace Firn.Cli;

/// <summary>How far a bench is: a bar on a terminal, a line for each phase elsewhere.</summary>
internal static class BenchProgress
{
    public static Task ShowAsync(BenchRecorder run, TextWriter output) => Terminal.CanRedraw(output) ? ShowBarAsync(run) : ShowLinesAsync(run, output);

    private static Task ShowBarAsync(BenchRecorder run) => AnsiConsole.Progress()
        .AutoClear(true)
        .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
        .StartAsync(async bar =>
        {
            var task = bar.AddTask("asking the peer", autoStart: true);
            await run.RunAsync(progress =>
            {
                task.MaxValue = progress.Phases;
                task.Value = progress.Number + progress.Fraction;
                task.Description = Markup.Escape(Describe(progress, run.Record.Name));
            });
        });

    private static async Task ShowLinesAsync(BenchRecorder run, TextWriter output)
    {
        int shown = -1;
        await run.RunAsync(progress =>
        {
            if (progress.Number == shown)
                return;
            shown = progress.Number;
            output.WriteLine($"{shown + 1}/{progress.Phases} {Describe(progress, run.Record.Name)}");
        });
    }

    private static string Describe(BenchProgressBody progress, string peer) =>
        Printable.Line($"{progress.Phase} of {Sizes.Show(progress.Size)} {BenchTable.Way(progress.Direction, peer)}");
}
