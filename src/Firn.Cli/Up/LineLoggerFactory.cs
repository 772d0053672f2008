using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Firn.Cli;

/// <summary>Logs as lines of text: time, level, category, message. Stack traces only from debug on.</summary>
internal sealed class LineLoggerFactory(LogLevel minimum, Action<string> write) : ILoggerFactory
{
    public static IReadOnlyDictionary<string, LogLevel> Levels { get; } = new Dictionary<string, LogLevel>
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
        ["none"] = LogLevel.None,
    };

    public static (LogLevel? Value, string? Error) ReadLevel(string text) => Levels.TryGetValue(text, out var level)
        ? (level, null)
        : (null, $"\"{text}\": expected {string.Join(", ", Levels.Keys)}");

    /// <summary>The web server inside is of interest only when it fails.</summary>
    public ILogger CreateLogger(string categoryName)
    {
        bool isOurs = !categoryName.StartsWith("Microsoft.", StringComparison.Ordinal);
        return new LineLogger(categoryName, isOurs || minimum > LogLevel.Warning ? minimum : LogLevel.Warning, write);
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one output of the log.");

    public void Dispose()
    {
    }

    private sealed class LineLogger(string category, LogLevel least, Action<string> write) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;

            string level = Levels.First(pair => pair.Value == (logLevel == LogLevel.Critical ? LogLevel.Error : logLevel)).Key;
            string message = Printable.Line(formatter(state, exception));
            string line = string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {level} {category}: {message}");
            if (exception is not null)
                line += least <= LogLevel.Debug ? Environment.NewLine + exception : $" ({Printable.Line(exception.Message)})";
            write(line);
        }
    }
}
