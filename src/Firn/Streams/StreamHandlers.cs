using System.Collections.Concurrent;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Streams;

/// <summary>Who serves the streams that peers open, by protocol.</summary>
internal sealed partial class StreamHandlers(ILogger logger)
{
    private readonly ConcurrentDictionary<string, StreamHandler> _handlers = new(StringComparer.Ordinal);
    private readonly TaskGroup _running = new();

    /// <summary>Serves <paramref name="protocol"/> until the result is disposed.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: no name of a protocol, or it is served already.</exception>
    public IDisposable Add(string protocol, Func<FirnStream, Task> handler) => Add(protocol, new StreamHandler(handler, KeepsStream: false));

    /// <summary>As the other; what is handled may stay open when the handler has run, and is the handler's to dispose unless that throws.</summary>
    public IDisposable Add(string protocol, StreamHandler handler)
    {
        if (!_handlers.TryAdd(protocol, handler))
            throw new FirnException(FailureReason.InvalidInput, $"Streams of the protocol {protocol} are handled already: stop that handler first.");
        return new Registration(this, protocol, handler);
    }

    /// <summary>Who serves <paramref name="protocol"/>; null if nobody does.</summary>
    public StreamHandler? Find(string protocol) => _handlers.GetValueOrDefault(protocol);

    /// <summary>Has the stream served on the thread pool.</summary>
    public void Start(FirnStream stream, StreamHandler handler) => _running.Run(() => ServeAsync(stream, handler));

    /// <summary>Waits for the handlers, whose streams are over.</summary>
    public Task CloseAsync() => _running.CloseAsync();

    private async Task ServeAsync(FirnStream stream, StreamHandler handler)
    {
        bool isKept = false;
        try
        {
            await handler.Serve(stream).ConfigureAwait(false);
            isKept = handler.KeepsStream;
        }
#pragma warning disable CA1031 // A handler is the user's code: whatever it throws ends its stream and is logged.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!stream.IsAborted)
                LogHandlerFailed(e, stream.Protocol, stream.Peer.Name);
            stream.Reset(StreamResetCode.HandlerFailed);
        }
        finally
        {
            if (!isKept)
                await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class Registration(StreamHandlers handlers, string protocol, StreamHandler handler) : IDisposable
    {
        public void Dispose() => handlers._handlers.TryRemove(new KeyValuePair<string, StreamHandler>(protocol, handler));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The handler of a stream {Protocol} from {Peer} has thrown")]
    private partial void LogHandlerFailed(Exception e, string protocol, NodeName peer);
}

/// <summary>Who serves a stream.</summary>
/// <param name="Serve">Serves it.</param>
/// <param name="KeepsStream">Whether the stream may stay open when <paramref name="Serve"/> has run.</param>
internal sealed record StreamHandler(Func<FirnStream, Task> Serve, bool KeepsStream);
