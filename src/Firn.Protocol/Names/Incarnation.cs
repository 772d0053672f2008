using System.Globalization;

namespace Firn;

/// <summary>
/// Which life of a node this is: rises with every start, so that a restarted node is told from its earlier self.
/// </summary>
/// <param name="Value">Milliseconds since 1970 at the start, or one more than the last one if the clock went back.</param>
public readonly record struct Incarnation(ulong Value) : IComparable<Incarnation>
{
    /// <summary>The incarnation of a node that starts at <paramref name="now"/> and whose last one was <paramref name="last"/>.</summary>
    internal static Incarnation Next(Incarnation last, DateTimeOffset now) =>
        new(Math.Max((ulong)Math.Max(0, now.ToUnixTimeMilliseconds()), checked(last.Value + 1)));

    /// <inheritdoc/>
    public int CompareTo(Incarnation other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="left"/> is the earlier life.</summary>
    public static bool operator <(Incarnation left, Incarnation right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is the later life.</summary>
    public static bool operator >(Incarnation left, Incarnation right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is not the later life.</summary>
    public static bool operator <=(Incarnation left, Incarnation right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is not the earlier life.</summary>
    public static bool operator >=(Incarnation left, Incarnation right) => left.Value >= right.Value;

    /// <summary>The number, in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
