namespace Firn;

/// <summary>The function of a process that has ended called Firn. It is meant to end that function; do not catch it.</summary>
public sealed class ProcessExitedException : Exception
{
    internal ProcessExitedException(Pid process, ExitReason reason)
        : base($"This process has ended: {reason}.") => (Process, Reason) = (process, reason);

    /// <summary>The process.</summary>
    public Pid Process { get; }

    /// <summary>Why it ended.</summary>
    public ExitReason Reason { get; }
}
