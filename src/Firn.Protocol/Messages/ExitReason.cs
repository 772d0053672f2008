using WireKind = Firn.Protocol.Wire.ExitKind;

namespace Firn;

/// <summary>How a process ended.</summary>
public enum ExitKind
{
    /// <summary>Its function returned.</summary>
    Normal,

    /// <summary>Its function threw.</summary>
    Error,

    /// <summary>It was told to end and could not refuse.</summary>
    Killed,

    /// <summary>A process that it was linked to ended, and not normally.</summary>
    Linked,

    /// <summary>Its node is stopping.</summary>
    Shutdown,

    /// <summary>For a reason of the application.</summary>
    Custom,

    /// <summary>The connection with its node was lost: it may still run.</summary>
    NoConnection,

    /// <summary>There was no such process.</summary>
    NoProcess,
}

/// <summary>Why a process ended, the same on every node.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Text">More of it, for people: of an error its message, of a link who ended and why. At most 1,024 characters.</param>
public readonly record struct ExitReason(ExitKind Kind, string? Text = null)
{
    /// <summary>Characters of <see cref="Text"/> that travel to other nodes.</summary>
    public const int MaxText = 1024;

    /// <summary>Its function returned.</summary>
    public static ExitReason Normal => new(ExitKind.Normal);

    /// <summary>It was told to end and could not refuse.</summary>
    public static ExitReason Killed => new(ExitKind.Killed);

    /// <summary>Its node is stopping.</summary>
    public static ExitReason Shutdown => new(ExitKind.Shutdown);

    /// <summary>The connection with its node was lost.</summary>
    public static ExitReason NoConnection => new(ExitKind.NoConnection);

    /// <summary>There was no such process.</summary>
    public static ExitReason NoProcess => new(ExitKind.NoProcess);

    /// <summary>Its function failed.</summary>
    public static ExitReason Error(string text) => new(ExitKind.Error, text);

    /// <summary>For a reason of the application.</summary>
    public static ExitReason Custom(string text) => new(ExitKind.Custom, text);

    /// <summary><c>Error: the text</c>.</summary>
    public override string ToString() => string.IsNullOrEmpty(Text) ? Kind.ToString() : $"{Kind}: {Text}";

    internal Protocol.Wire.ExitReason ToWire() => new()
    {
        Kind = Kind switch
        {
            ExitKind.Normal => WireKind.Normal,
            ExitKind.Killed => WireKind.Killed,
            ExitKind.Linked => WireKind.Linked,
            ExitKind.Shutdown => WireKind.Shutdown,
            ExitKind.Custom => WireKind.Custom,
            ExitKind.NoConnection => WireKind.NoConnection,
            ExitKind.NoProcess => WireKind.NoProcess,
            _ => WireKind.Error,
        },
        Text = Cut(Text),
    };

    /// <summary>What a peer gave as a reason; a kind that this version does not know is an error.</summary>
    internal static ExitReason FromWire(Protocol.Wire.ExitReason? wire) => wire is null ? Error("no reason was given") : new(
        wire.Kind switch
        {
            WireKind.Normal => ExitKind.Normal,
            WireKind.Killed => ExitKind.Killed,
            WireKind.Linked => ExitKind.Linked,
            WireKind.Shutdown => ExitKind.Shutdown,
            WireKind.Custom => ExitKind.Custom,
            WireKind.NoConnection => ExitKind.NoConnection,
            WireKind.NoProcess => ExitKind.NoProcess,
            _ => ExitKind.Error,
        },
        wire.Text.Length == 0 ? null : Cut(wire.Text));

    // Not through the middle of a surrogate pair, which UTF-8 could not carry.
    private static string Cut(string? text) =>
        text is null ? "" : text.Length <= MaxText ? text : text[..(char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText)];
}
