using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>What <c>firn bench --json</c> says.</summary>
internal sealed record BenchRecord(string Name, string Address, IReadOnlyList<BenchFigureBody> Figures);

/// <summary>Takes in the events of a bench.</summary>
internal sealed class BenchRecorder(IAsyncEnumerable<BenchEventBody> events)
{
    private readonly List<BenchFigureBody> _figures = [];
    private string _name = "";
    private string _address = "";

    /// <summary>What there is so far.</summary>
    public BenchRecord Record => new(_name, _address, _figures);

    /// <summary>Runs the bench to its end, and says how far it is.</summary>
    /// <exception cref="FirnException">It could not start, or has failed.</exception>
    public async Task RunAsync(Action<BenchProgressBody> show)
    {
        int left = 1;
        await foreach (var e in events)
        {
            if (e is { Event: "started", Name: { } name, Address: { } address })
            {
                (_name, _address) = (name, address);
            }
            else if (e.Progress is { } progress)
            {
                left = progress.Phases - progress.Number;
                show(progress);
            }
            else if (e.Figure is { } figure)
            {
                left--;
                _figures.Add(figure);
            }
        }

        if (left > 0)
            throw new FirnException(FailureReason.ConnectionLost, "the node stopped before the bench was over");
    }
}
