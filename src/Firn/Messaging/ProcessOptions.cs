namespace Firn;

/// <summary>How a process is started.</summary>
public sealed record ProcessOptions
{
    internal static ProcessOptions Default { get; } = new();

    /// <summary>A name under which others find it on its node, free again when it ends. Not for registered functions, of which several may run.</summary>
    public string? Name { get; init; }

    /// <summary>What its messages are read with, and its replies written; the node's serializer if null.</summary>
    public MessageSerializer? Serializer { get; init; }
}
