using Firn.Testing;
using Firn.Transports;
using Microsoft.Extensions.Logging;

namespace Firn.Tests.Nodes;

/// <summary>Where a node listens that was not told where, and what it says where QUIC is missing.</summary>
public sealed class QuicListeningTests : NodeFixture
{
    [SkippableFact]
    public async Task Quic_is_listened_on_by_default_on_the_port_of_tcp_and_advertised()
    {
        Skip.If(Prerequisites.MissingQuic() is not null, Prerequisites.MissingQuic());
        var node = await StartAsync("node", static options => options.Listen.Clear());

        node.Node.Self.Listening.Select(address => address.Scheme).ShouldBe(["tcp", "quic"]);
        node.Node.Self.Listening.Select(address => address.Port).Distinct().Count().ShouldBe(1);
        await NodeGroup.UntilAsync(() => node.Node.Core.Description.Addresses.Any(address => address.Scheme == "quic"), "its addresses to be told");

        var other = await StartAsync("other");
        var peer = await other.Node.ConnectAsync(NodeAddress.Create("quic", "127.0.0.1", node.Address.Port)).WaitAsync(EventLog.Ceiling);
        peer.Transport.ShouldBe("quic");
    }

    [SkippableFact]
    public async Task Where_it_is_missing_it_is_left_out_with_one_line_and_fails_where_it_is_asked_for()
    {
        Skip.If(QuicSupport.IsThere, "needs a machine without libmsquic");
        var log = new LineLogger();
        var node = await StartAsync("node", options =>
        {
            options.Listen.Clear();
            options.LoggerFactory = LoggerFactory.Create(builder => builder.AddProvider(log));
        });
        node.Node.Self.Listening.Select(address => address.Scheme).ShouldBe(["tcp"]);
        log.Lines.Count(line => line.Contains("QUIC", StringComparison.Ordinal)).ShouldBe(1);

        var dial = await DialFailureAsync(node, "quic://127.0.0.1:1");
        (dial.Reason, dial.Message.Contains("libmsquic", StringComparison.Ordinal)).ShouldBe((FailureReason.Unsupported, true));
        var listen = await Should.ThrowAsync<FirnException>(() => StartAsync("other", static options => options.Listen.Add("quic://127.0.0.1:0")));
        (listen.Reason, listen.Message.Contains("apt-get install", StringComparison.Ordinal)).ShouldBe((FailureReason.Unsupported, true));
    }

    private sealed class LineLogger : ILoggerProvider, ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
