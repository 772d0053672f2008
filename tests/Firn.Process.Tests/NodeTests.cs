using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Tests of processes under one home; when a test ends, so do they, and none is left.</summary>
public abstract class NodeTests : IAsyncLifetime, IAsyncDisposable
{
    internal NodeHome Home { get; } = new();

    public virtual Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public virtual async ValueTask DisposeAsync()
    {
        await Home.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The one line that a command which failed has written on its standard error.</summary>
    internal static string Refusal(CommandResult result, int exitCode = 1)
    {
        result.ExitCode.ShouldBe(exitCode, result.Errors);
        string line = result.Errors.Split('\n').ShouldHaveSingleItem();
        line.ShouldStartWith("firn: ");
        return line;
    }
}
