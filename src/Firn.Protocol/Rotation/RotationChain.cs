using System.Diagnostics.CodeAnalysis;

namespace Firn.Protocol;

/// <summary>Why the rotations that came with a key are refused.</summary>
internal enum RotationFault
{
    None,

    /// <summary>More than 4.</summary>
    TooLong,

    /// <summary>One is no statement.</summary>
    Malformed,

    /// <summary>One does not begin with the key that the one before it ends with.</summary>
    NotConsecutive,

    /// <summary>A key comes twice.</summary>
    Loop,

    /// <summary>The last one ends with another key than the one that they came with.</summary>
    OtherKey,

    /// <summary>One is not signed by both of its keys.</summary>
    NotSigned,
}

/// <summary>
/// How a key came to take the place of earlier ones: up to 4 statements, the oldest first. Read it costs nothing; whether it is genuine is
/// found out once, when somebody needs to know.
/// </summary>
internal sealed class RotationChain
{
    public const int MaxStatements = 4;

    private bool? _isGenuine;

    private RotationChain(IReadOnlyList<RotationStatement> statements) => Statements = statements;

    public static RotationChain Empty { get; } = new([]);

    public IReadOnlyList<RotationStatement> Statements { get; }

    public bool IsEmpty => Statements.Count == 0;

    /// <summary>Whether both keys of each statement have signed it; 8 signature checks at most, at the first call.</summary>
    public bool IsGenuine => _isGenuine ??= Statements.All(static statement => statement.IsGenuine());

    /// <summary>Whether that was found out, and is so.</summary>
    public bool IsKnownGenuine => _isGenuine == true;

    /// <summary>Reads what came with <paramref name="leadsTo"/>; no signature is looked at.</summary>
    public static bool TryRead(
        IReadOnlyList<ReadOnlyMemory<byte>> statements, Did leadsTo, [NotNullWhen(true)] out RotationChain? chain, out RotationFault fault)
    {
        chain = null;
        if (statements.Count > MaxStatements)
        {
            fault = RotationFault.TooLong;
            return false;
        }

        var read = new List<RotationStatement>(statements.Count);
        foreach (var bytes in statements)
        {
            if (!RotationStatement.TryRead(bytes.Span, out var statement))
            {
                fault = RotationFault.Malformed;
                return false;
            }

            read.Add(statement);
        }

        fault = FaultOf(read, leadsTo);
        if (fault == RotationFault.None)
            chain = read.Count == 0 ? Empty : new RotationChain(read);
        return chain is not null;
    }

    /// <summary>With one more; of more than 4 the oldest is left out.</summary>
    public RotationChain Append(RotationStatement statement)
    {
        RotationStatement[] all = [.. Statements.TakeLast(MaxStatements - 1), statement];
        return FaultOf(all, statement.New) == RotationFault.None
            ? new RotationChain(all)
            : throw new ArgumentException("The statement does not go on where the chain ends.", nameof(statement));
    }

    /// <summary>Whether it tells how <paramref name="did"/> was retired.</summary>
    public bool Retires(Did did) => Statements.Any(statement => statement.Old == did);

    private static RotationFault FaultOf(IReadOnlyList<RotationStatement> statements, Did leadsTo)
    {
        for (int i = 1; i < statements.Count; i++)
        {
            if (statements[i].Old != statements[i - 1].New)
                return RotationFault.NotConsecutive;
        }

        if (statements.Select(static s => s.Old).Append(leadsTo).Distinct().Count() != statements.Count + 1)
            return RotationFault.Loop;
        return statements.Count > 0 && statements[^1].New != leadsTo ? RotationFault.OtherKey : RotationFault.None;
    }
}
