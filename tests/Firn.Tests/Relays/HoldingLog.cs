using Microsoft.Extensions.Logging;

namespace Firn.Tests.Relays;

/// <summary>Holds up whoever logs the first line with these words, until it is disposed.</summary>
internal sealed class HoldingLog(params string[] words) : ILoggerFactory, ILogger
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _letGo = new();

    /// <summary>Completes when somebody is held up.</summary>
    public Task Held => _held.Task;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = formatter(state, exception);
        if (words.All(line.Contains) && _held.TrySetResult())
            _letGo.Wait();
    }

    public void Dispose() => _letGo.Set();
}
