using Firn.Protocol.Wire;

namespace Firn.Messaging;

/// <summary>What a channel leads to at the peer: a process by its number or by a name, or something for one use.</summary>
internal readonly record struct TargetKey(ulong Process, string? Name, ChannelTarget? Once)
{
    public static TargetKey Of(ulong process) => new(process, null, null);

    public static TargetKey Of(string name) => new(0, name, null);

    /// <summary>A target that nothing else is sent to: a call, or a function to spawn.</summary>
    public static TargetKey OnceOnly(ChannelTarget target) => new(0, null, target);

    public ChannelTarget ToWire() => Once ?? (Name is null ? new ChannelTarget { Process = Process } : new ChannelTarget { Name = Name });

    public override string ToString() => Name ?? $"process {Process:x16}";
}
