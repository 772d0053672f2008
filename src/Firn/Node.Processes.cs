using Firn.Benching;
using Firn.Messaging;
using Firn.Protocol;

namespace Firn;

// Processes and streams of this node.
public sealed partial class Node
{
    /// <summary>
    /// Names of this node's processes, in order, without Firn's own, which begin with <c>firn/</c>. Peers can list them, and
    /// <see cref="Functions"/>.
    /// </summary>
    public IReadOnlyList<string> ProcessNames => _core.Hub.NamesOf(NameKind.Process);

    /// <summary>Names of the functions that peers may spawn, in order.</summary>
    public IReadOnlyList<string> Functions => _core.Hub.NamesOf(NameKind.Function);

    /// <summary>Starts a process that runs <paramref name="function"/>; it ends when that returns or throws.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>: another process has the name;
    /// <see cref="FailureReason.InvalidInput"/>: it is no name.</exception>
    /// <exception cref="ObjectDisposedException">The node is disposed.</exception>
    public Pid<TMessage> Spawn<TMessage>(Func<Process<TMessage>, Task> function, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _core.Hub.Spawn(function, options);
    }

    /// <summary>As <see cref="Spawn{TMessage}(Func{Process{TMessage}, Task}, ProcessOptions?)"/>, under a name.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>: another process has the name.</exception>
    public Pid<TMessage> Spawn<TMessage>(string name, Func<Process<TMessage>, Task> function) =>
        Spawn(function, new ProcessOptions { Name = name });

    /// <summary>
    /// Lets peers start processes that run <paramref name="function"/>, by its name. Nothing else of this node can be started from outside.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: another function has the name, or it is over 128 characters.</exception>
    public void Register<TMessage, TArgument>(string name, Func<Process<TMessage>, TArgument, Task> function, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (options?.Name is not null)
            throw new FirnException(FailureReason.InvalidInput, "A registered function cannot give its processes a name: several of them may run.");
        _core.Hub.Register(name, new RegisteredFunction<TMessage, TArgument>(function, options ?? ProcessOptions.Default));
    }

    /// <summary>Gives a process of this node a name, by which peers reach it too, until it ends.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>; <see cref="FailureReason.NoProcess"/>: it has ended, or is not of this node.</exception>
    public void RegisterName(string name, Pid process) => _core.Hub.RegisterName(name, process);

    /// <summary>Takes a name back; false when no process had it. Peers that sent to it look for it again with their next message but one.</summary>
    public bool UnregisterName(string name) => _core.Hub.Unregister(name);

    /// <summary>The process of this node with that name; null if there is none.</summary>
    public Pid? WhereIs(string name) => _core.Hub.WhereIs(name);

    /// <summary>Whatever process has <paramref name="name"/> at <paramref name="node"/>, this one or a peer, when a message arrives there.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: it is no name.</exception>
    public NamedProcess<TMessage> Named<TMessage>(string name, NodeName node) => new(_core.Hub, name, node, null);

    /// <summary>Makes a <see cref="Pid"/> that was read outside of Firn usable from this node.</summary>
    public Pid Attach(Pid process) => _core.Hub.Attach(process);

    /// <summary>Completes when <paramref name="process"/> has ended, with the reason; at once if it has (<see cref="ExitKind.NoProcess"/>), or its
    /// node is not connected (<see cref="ExitKind.NoConnection"/>).</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>: 65,536 monitors and links with that node stand.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; nobody waits any more.</exception>
    public Task<ExitReason> WhenDownAsync(Pid process, CancellationToken cancellationToken = default) =>
        _core.Hub.WhenDownAsync(process, cancellationToken);

    /// <summary>
    /// Tells a process to end for <paramref name="reason"/>. One that traps exits gets a notice instead, unless the reason is
    /// <see cref="ExitReason.Killed"/>; one that does not ignores <see cref="ExitReason.Normal"/>. Does nothing when it has ended.
    /// </summary>
    public void Exit(Pid process, ExitReason reason) => _core.Hub.Exit(process, reason);

    /// <summary>
    /// Serves the streams that peers open for <paramref name="protocol"/>, until the result is disposed. When the handler returns its stream is
    /// disposed; when it throws the stream is reset.
    /// </summary>
    /// <param name="protocol">1 to 128 of <c>[A-Za-z0-9._/-]</c>; what begins with <c>firn/</c> is Firn's own.</param>
    /// <param name="handler">Called for each stream, on the thread pool.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: no such name, or it is served already.</exception>
    public IDisposable HandleStreams(string protocol, Func<FirnStream, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (ProcessName.IsReserved(Peer.CheckProtocol(protocol)))
            throw new FirnException(FailureReason.InvalidInput, $"\"{protocol}\" is reserved: protocols that begin with {ProcessName.Reserved} are Firn's own; choose another.");
        return _core.StreamHandlers.Add(protocol, handler);
    }

    /// <summary>
    /// Lets peers measure the way to this node (<c>firn bench</c>) until the result is disposed: at most 4 at a time, each with up to 16
    /// streams. <c>firn up</c> does.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>: it does already.</exception>
    public IDisposable ServeBench() => new BenchService(this);
}
