namespace Firn.Sessions;

/// <summary>What became of a frame that was to be queued.</summary>
internal enum Queued
{
    /// <summary>It is on its way.</summary>
    Done,

    /// <summary>Whoever queued it is to write.</summary>
    ToWrite,

    /// <summary>Too much waits, or the session is over.</summary>
    Refused,
}
