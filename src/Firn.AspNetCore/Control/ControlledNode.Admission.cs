using Firn.Protocol;

namespace Firn.AspNetCore;

/// <summary>Whom the node admits, and which name belongs to which key.</summary>
internal sealed partial class ControlledNode
{
    public async Task<ReloadBody> ReloadAsync(CancellationToken cancellationToken) =>
        new(node.Self.Name.ToString(), await node.Core.Admission.ReloadAsync().WaitAsync(cancellationToken).ConfigureAwait(false));

    public IReadOnlyList<PinBody> Pins()
    {
        var (pins, rotations) = node.Core.Decide((rules, now) => (rules.ListPins(now), rules.Admission.Rotations));
        return [.. pins.Select(pin => Describe(pin) with { Frozen = rotations.StandingOf(pin.Did) == RotationStanding.Frozen })];
    }

    public PinBody ForgetPin(string name)
    {
        var pin = FindPin(name);
        var key = NodeName.TryParse(pin.Name, out var full, out _) ? full : throw PinnedByTrust(pin);
        node.Core.Decide((rules, now) => rules.ForgetPin(key, now));
        return Describe(pin);
    }

    private static FrozenBody Describe(RetiredKey frozen) =>
        new(frozen.Old.ToString(), [.. frozen.Statements.Select(s => s.New.ToString())], RotationSentence.Frozen(frozen));

    private static PinBody Describe(PinnedName pin) => new(
        pin.Name, pin.Did.ToString(), ControlJson.Spell(pin.Kind), pin.IsConnected,
        pin.MillisecondsLeft is { } left ? Math.Round(left / 1000.0, 1) : null);

    /// <summary>The pin with that full name, or the only one whose name before the <c>@</c> it is.</summary>
    private PinnedName FindPin(string name)
    {
        var pins = node.Core.Decide((rules, now) => rules.ListPins(now));
        var found = pins.Where(pin => pin.Name == name).ToList();
        if (found.Count == 0)
            found = [.. pins.Where(pin => pin.Name.StartsWith($"{name}@", StringComparison.Ordinal))];
        return found.Count switch
        {
            1 => found[0],
            0 => throw new FirnException(FailureReason.InvalidInput, $"{name} is not pinned: 'firn pins list' says which names are"),
            _ => throw new FirnException(
                FailureReason.InvalidInput, $"\"{name}\" could be {string.Join(" or ", found.Select(pin => pin.Name))}: write more of it"),
        };
    }

    private static FirnException PinnedByTrust(PinnedName pin) => new(
        FailureReason.InvalidInput, $"{pin.Name} is pinned to {pin.Did} by the trust list. To forget that: firn trust remove {pin.Did}");
}
