namespace Firn.Benchmarks;

/// <summary>A connection on which small calls are made, and large messages sent.</summary>
internal interface ICallConnection : IAsyncDisposable
{
    /// <summary>Sends <see cref="Payloads.Small"/> and waits until as much came back.</summary>
    /// <param name="caller">Who calls, from 0; each makes one call at a time.</param>
    ValueTask CallAsync(int caller);

    /// <summary>Sends <see cref="Payloads.Large"/>; a call that begins after this has ended is answered after all of it arrived.</summary>
    ValueTask SendLargeAsync();
}
