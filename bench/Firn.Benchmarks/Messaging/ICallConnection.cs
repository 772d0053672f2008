namespace Firn.Benchmarks;

/// <summary>A connection on which small calls are made, and large messages sent.</summary>
internal interface ICallConnection : IAsyncDisposable
{
    /// <summary>Sends <see cref="Payloads.Small"/> and waits until as much came back.</summary>
    /// <param name="caller">Who calls, from 0; each makes one call at a time.</param>
    ValueTask CallAsync(int caller);

    /// <summary>Sends <see cref="Payloads.Large"/>.</summary>
    ValueTask SendLargeAsync();

    /// <summary>Completes when all large messages have arrived. By default a call does: it is answered after what was sent before it.</summary>
    async ValueTask FinishAsync() => await CallAsync(0);
}
