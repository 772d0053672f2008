using System.Net;
using Firn.Protocol;
using Microsoft.AspNetCore.Connections;

namespace Firn.AspNetCore;

/// <summary>
/// Connections that have not asked for a WebSocket yet: 1,024, of which one source holds 64 at most; the excess is closed. The server's own
/// deadlines empty their places.
/// </summary>
internal sealed class WaitingRoom
{
    private const int MaxPlaces = 1024, MaxPlacesOfSource = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<Source, int> _waiting = [];
    private int _count;

    /// <summary>A middleware for connections.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        var source = Source.Of((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
        using var place = TryEnter(source);
        if (place is null)
        {
            connection.Abort(new ConnectionAbortedException("Too many connections wait."));
            return;
        }

        connection.Features.Set(place);
        await next(connection).ConfigureAwait(false);
    };

    /// <summary>A place that one more from <paramref name="source"/> waits in; null when there is none.</summary>
    public Place? TryEnter(Source source)
    {
        lock (_gate)
        {
            int waiting = _waiting.GetValueOrDefault(source);
            if (_count >= MaxPlaces || waiting >= MaxPlacesOfSource)
                return null;

            _waiting[source] = waiting + 1;
            _count++;
            return new Place(this, source);
        }
    }

    private void Leave(Source source)
    {
        lock (_gate)
        {
            _count--;
            if (--_waiting[source] == 0)
                _waiting.Remove(source);
        }
    }

    /// <summary>Held until disposed of.</summary>
    public sealed class Place(WaitingRoom room, Source source) : IDisposable
    {
        private int _isFree;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFree, 1) == 0)
                room.Leave(source);
        }
    }
}
