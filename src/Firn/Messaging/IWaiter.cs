namespace Firn.Messaging;

/// <summary>Somebody whom something that came over a session lets go on: a process with a message, a caller with a reply.</summary>
internal interface IWaiter
{
    /// <summary>Lets it go on: on this thread, or on the thread pool.</summary>
    void Resume(bool here);
}
