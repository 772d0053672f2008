namespace Firn.Protocol;

/// <summary>What is said of rotations to the person at this end.</summary>
internal static class RotationSentence
{
    /// <summary>Why a key is refused and what to do; null if it is in force.</summary>
    public static string? WhyRefused(Did did, RotationTable rotations) => rotations.StandingOf(did) switch
    {
        RotationStanding.Frozen => Frozen(rotations.FrozenBy(did)!),
        RotationStanding.Retired => Retired(did, rotations.Resolve(did)),
        RotationStanding.Rejected => $"{did} claims to follow a key whose place the operator here has given to another: it is refused.",
        _ => null,
    };

    public static string Retired(Did did, Did? successor) =>
        $"{did} is retired: {successor?.ToString() ?? "another key"} has its place. Whoever still uses it has an old copy of the key, or has stolen it.";

    public static string Frozen(RetiredKey frozen)
    {
        string successors = string.Join(" and ", frozen.Statements.Select(static s => $"{s.New} (fingerprint {DidFingerprint.Of(s.New)})"));
        return $"{frozen.Old} is frozen: it has signed two rotations that contradict each other, to {successors}. Its key was stolen, so neither " +
            $"inherits and none of them is admitted. Ask its owner for the right fingerprint, then: firn trust add NEW-DID. " +
            "Its owner may also make a new identity: then firn pins forget NAME, and trust that one.";
    }

    public static string Followed(string who, RotationStatement statement) =>
        $"{who} rotated its key: {statement.Old} (fingerprint {DidFingerprint.Of(statement.Old)}) is retired, " +
        $"{statement.New} (fingerprint {DidFingerprint.Of(statement.New)}) has its place; trust and pins have moved.";
}
