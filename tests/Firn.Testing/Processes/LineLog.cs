using System.Diagnostics;

namespace Firn.Testing;

/// <summary>A line that a process wrote. <paramref name="At"/> is on this machine's monotonic clock, so lines of several processes compare.</summary>
internal readonly record struct OutputLine(int Index, string Text, TimeSpan At);

/// <summary>The lines of one output of a process, as they come, and a way to await one.</summary>
internal sealed class LineLog
{
    private readonly Lock _lock = new();
    private readonly List<OutputLine> _lines = [];
    private TaskCompletionSource _changed = NewSignal();
    private bool _ended;

    /// <summary>Every line so far.</summary>
    public IReadOnlyList<OutputLine> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public override string ToString() => string.Join('\n', Lines.Select(line => line.Text));

    /// <summary>The first line at or after <paramref name="from"/> that matches, once it is there; null if the output ends without one.</summary>
    public async Task<OutputLine?> WaitForAsync(Func<string, bool> predicate, int from, CancellationToken cancel)
    {
        while (true)
        {
            (OutputLine[] news, bool ended, Task changed) = ReadFrom(from);
            foreach (OutputLine line in news)
            {
                if (predicate(line.Text))
                {
                    return line;
                }
            }

            if (ended)
            {
                return null;
            }

            from += news.Length;
            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>Takes in every line until the process (and whoever shares its output) closes it.</summary>
    public async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } text)
        {
            Update(() => _lines.Add(new OutputLine(_lines.Count, text, Stopwatch.GetElapsedTime(0))));
        }

        Update(() => _ended = true);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private (OutputLine[] News, bool Ended, Task Changed) ReadFrom(int from)
    {
        lock (_lock)
        {
            return ([.. _lines.Skip(from)], _ended, _changed.Task);
        }
    }

    private void Update(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.SetResult();
            _changed = NewSignal();
        }
    }
}
