using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;
using Firn.Messaging;
using Firn.Protocol;

namespace Firn;

/// <summary>
/// The identity of a process: a life of a node, and a random number, which nobody guesses. It means the same process on every
/// node; inside a message it is written as its text and can be used where it is read. <c>default</c> is no process.
/// </summary>
[JsonConverter(typeof(PidJsonConverter))]
public readonly struct Pid : IEquatable<Pid>
{
    private const string Prefix = "pid:";
    private const string NoneText = "pid:none";
    private const int Digits = 16;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly NodeLife? _life;
    private readonly ProcessHost? _host;

    internal Pid(NodeLife life, ulong number, ProcessHost? host) => (_life, Number, _host) = (life, number, host);

    /// <summary>Whether this is <c>default</c>: no process.</summary>
    public bool IsNone => _life is null;

    /// <summary>Whether the process is one of the node that this was made, read or attached at.</summary>
    public bool IsLocal => _host is not null && _host.Life == _life;

    /// <summary>The node that it runs on.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: this is no process.</exception>
    public NodeName Node => Life.Node.Name;

    /// <summary>The key of that node.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: this is no process.</exception>
    public Did Did => Life.Node.Did;

    /// <summary>Which life of that node. When it starts again its processes of before are gone.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: this is no process.</exception>
    public Incarnation Incarnation => Life.Incarnation;

    internal NodeLife Life => _life ?? throw new FirnException(FailureReason.InvalidInput, "This Pid is default(Pid), which is no process.");

    internal ulong Number { get; }

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: it is no process, or belongs to no node here.</exception>
    internal ProcessHost Host => _host ?? throw new FirnException(
        FailureReason.InvalidInput, $"{Life.Node.Name}'s process {Number:x16} was read outside of a node: make it usable with node.Attach(pid).");

    /// <summary>The same process as one that takes <typeparamref name="TMessage"/>; nothing checks that it does.</summary>
    public Pid<TMessage> As<TMessage>() => new(this, null);

    /// <summary>Reads what <see cref="ToString"/> wrote. To use it, attach it to a node.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: the sentence points at the character.</exception>
    public static Pid Parse(string text) => TryParse(text, out var pid, out var error)
        ? pid
        : throw new FirnException(FailureReason.InvalidInput, error);

    /// <summary>Reads what <see cref="ToString"/> wrote; false with a sentence that points at the offending character.</summary>
    public static bool TryParse(string? text, out Pid pid, [NotNullWhen(false)] out string? error)
    {
        pid = default;
        text ??= "";
        error = null;
        if (text == NoneText)
            return true;

        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            error = NameScanner.At(text, 0, "expected pid:<16 hex digits>/<incarnation>/<name@host>/<did>");
        else if (ReadNumber(text) is not { } number)
            error = NameScanner.At(text, Prefix.Length, "expected 16 digits of 0-9 and a-f, not all 0, and a '/'");
        else if (NodeLife.TryParse(text, Prefix.Length + Digits + 1, out var life, out error))
            pid = new Pid(life, number, null);
        return error is null;
    }

    /// <summary><c>pid:&lt;16 hex digits&gt;/&lt;incarnation&gt;/&lt;name@host&gt;/&lt;did&gt;</c>, or <c>pid:none</c>: the one spelling.</summary>
    public override string ToString() =>
        _life is null ? NoneText : string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Number:x16}/{_life.Text}");

    /// <summary>Whether both are the same process.</summary>
    public bool Equals(Pid other) => Number == other.Number && _life == other._life;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Pid other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Number.GetHashCode();

    /// <summary>Whether both are the same process.</summary>
    public static bool operator ==(Pid left, Pid right) => left.Equals(right);

    /// <summary>Whether they are different processes.</summary>
    public static bool operator !=(Pid left, Pid right) => !left.Equals(right);

    internal Pid WithHost(ProcessHost? host) => _life is null ? this : new Pid(_life, Number, host);

    private static ulong? ReadNumber(string text)
    {
        var digits = text.AsSpan(Prefix.Length);
        if (digits.Length <= Digits || digits[Digits] != '/' || digits[..Digits].ContainsAnyExcept(HexDigits))
            return null;
        ulong number = ulong.Parse(digits[..Digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return number == 0 ? null : number;
    }
}
