namespace Firn.Protocol;

/// <summary>A key that was rotated, and what it has signed about that.</summary>
/// <param name="Old">The key.</param>
/// <param name="Statements">One; several with different successors contradict each other. All genuine.</param>
/// <param name="Chosen">Which of several successors the operator has decided for.</param>
internal sealed record RetiredKey(Did Old, IReadOnlyList<RotationStatement> Statements, Did? Chosen)
{
    /// <summary>How many contradictions are kept: more do not make a frozen key more frozen.</summary>
    public const int MaxStatements = 4;

    public bool IsFrozen => Statements.Count > 1 && Chosen is null;

    /// <summary>Who has its place; null while it is frozen.</summary>
    public Did? Successor => Chosen ?? (Statements.Count == 1 ? Statements[0].New : null);

    public bool Equals(RetiredKey? other) =>
        other is not null && Old == other.Old && Chosen == other.Chosen && Statements.SequenceEqual(other.Statements);

    public override int GetHashCode() => Old.GetHashCode();
}
