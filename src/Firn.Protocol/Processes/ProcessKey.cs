namespace Firn.Protocol;

/// <summary>A process as one node knows it: by a session with its node, and its number there.</summary>
/// <param name="Session">The local number of the session; 0: this node.</param>
/// <param name="Number">Its number on its node. 0: no process.</param>
internal readonly record struct ProcessKey(long Session, ulong Number)
{
    /// <summary>A process of this node.</summary>
    public static ProcessKey Local(ulong number) => new(0, number);

    /// <summary>Seeded, in both halves: a peer chooses its numbers, and must not find ones that collide.</summary>
    public override int GetHashCode() => HashCode.Combine(Session, (uint)Number, (uint)(Number >> 32));
}

/// <summary>A monitor, by the reference that its maker gave it.</summary>
/// <param name="Session">The session with its maker; 0: this node.</param>
/// <param name="Reference">Its maker's reference.</param>
internal readonly record struct MonitorKey(long Session, ulong Reference)
{
    /// <inheritdoc cref="ProcessKey.GetHashCode"/>
    public override int GetHashCode() => HashCode.Combine(Session, (uint)Reference, (uint)(Reference >> 32));
}
