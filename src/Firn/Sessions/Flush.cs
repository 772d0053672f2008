namespace Firn.Sessions;

/// <summary>When queued frames are to be written.</summary>
internal enum Flush
{
    /// <summary>By the caller, at once: somebody waits for them.</summary>
    Now,

    /// <summary>On the thread pool, after what is queued there: more may come meanwhile.</summary>
    Soon,

    /// <summary>At once after a pause, soon in a burst.</summary>
    Adaptive,
}
