using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>What the relations of processes ask the node to do; carried out in order, after the call that decided it has returned.</summary>
internal abstract record RelationAction;

/// <summary>
/// Send a signal to the other end of <paramref name="Session"/>. An answer is one that the other end provokes as often as it likes; the
/// number of others is bounded by that of monitors and links, or by what processes here ask.
/// </summary>
internal sealed record SendSignal(long Session, FrameType Type, IMessage Signal, bool IsAnswer = false) : RelationAction;

/// <summary>A monitor has fired, and is no more.</summary>
/// <param name="Watcher">The local process that made it; 0: a waiter outside of any process.</param>
/// <param name="Reference">What it was given for the monitor.</param>
/// <param name="Target">Who was monitored. Number 0: nobody had the name, or the connection was lost before it was said who has it.</param>
/// <param name="Name">The name that it was monitored by, if it was.</param>
/// <param name="Reason">Why the target ended.</param>
internal sealed record DeliverDown(ulong Watcher, ulong Reference, ProcessKey Target, string? Name, ExitReason Reason) : RelationAction;

/// <summary>
/// Something tells a local process to end. What comes of it is the node's decision: a process may trap it; a normal exit of a linked
/// one ends nobody. It may have ended meanwhile.
/// </summary>
/// <param name="Process">The local process.</param>
/// <param name="From">Who ended, or asks; number 0: a node.</param>
/// <param name="Reason">Why it ended, or why it asks.</param>
/// <param name="IsLink">The two were linked, and no longer are.</param>
internal sealed record DeliverExit(ulong Process, ProcessKey From, ExitReason Reason, bool IsLink) : RelationAction;
