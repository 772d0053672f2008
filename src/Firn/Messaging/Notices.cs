namespace Firn;

/// <summary>Which monitor of a process's own; no two of a node are the same.</summary>
public readonly record struct MonitorRef(ulong Number);

/// <summary>What a process finds in its mailbox, in order with messages, when one that it monitors has ended.</summary>
/// <param name="Monitor">What <see cref="Process{TMessage}.Monitor(Pid)"/> returned.</param>
/// <param name="Process">Which process; none if it was monitored by a name that nobody had.</param>
/// <param name="Name">The name it was monitored by, if it was by one.</param>
/// <param name="Reason">Why it ended.</param>
public sealed record Down(MonitorRef Monitor, Pid Process, string? Name, ExitReason Reason);

/// <summary>What a process that traps exits finds in its mailbox instead of ending.</summary>
/// <param name="From">The linked process that has ended, or whoever asked this one to end; none if that was no process.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsLink">Whether it comes because the two were linked.</param>
public sealed record ExitNotice(Pid From, ExitReason Reason, bool IsLink);

/// <summary>What a process finds in its mailbox when a node that it monitors is no longer connected, or was not.</summary>
/// <param name="Node">Which node.</param>
/// <param name="Reason">Why the connection ended.</param>
public sealed record NodeDown(NodeName Node, EndReason Reason);
