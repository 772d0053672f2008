namespace Firn;

/// <summary>One way to a node that did not lead to it.</summary>
/// <param name="Way">The address that was dialled, or the relay.</param>
/// <param name="Reason">Why.</param>
/// <param name="Message">The same in a sentence.</param>
public sealed record FailedWay(string Way, FailureReason Reason, string Message)
{
    /// <summary>One line that says all of it.</summary>
    public override string ToString() => Message.Contains(Way, StringComparison.Ordinal) ? Message : $"{Way}: {Message}";
}
