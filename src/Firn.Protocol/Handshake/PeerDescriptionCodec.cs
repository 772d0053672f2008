using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>A description on the wire, in the handshake and in frames, within the limits that hold for both directions.</summary>
internal static class PeerDescriptionCodec
{
    public const int MaxLength = HandshakeMessage.MaxBodyLength;
    public const int MaxCapabilities = 32;
    public const int MaxRoutes = 256;
    public const int MaxAddresses = 8;

    private const int MaxTextLength = 64;

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: outside a limit.</exception>
    public static byte[] Encode(PeerDescription description)
    {
        if (Problem(description) is { } problem)
            throw new FirnException(FailureReason.InvalidInput, $"This node's description is not valid: {problem}.");

        var wire = new Wire.Description
        {
            SoftwareVersion = description.SoftwareVersion,
            Capabilities = { description.Capabilities },
            RoleHint = new Wire.RoleHint
            {
                Mode = (Wire.RoleHintMode)description.RoleHint.Mode,
                Role = (Wire.Role)description.RoleHint.Role,
            },
            Routes = { description.Routes.Select(static route => route.ToString()) },
            Addresses = { description.Addresses.Select(static address => address.ToString()) },
            Limits = new Wire.SessionLimits { MaxFramePayload = (uint)description.MaxFramePayload },
        };
        int length = wire.CalculateSize();
        return length <= MaxLength
            ? wire.ToByteArray()
            : throw new FirnException(
                FailureReason.InvalidInput,
                $"This node's description takes {length} bytes, more than {MaxLength}: announce fewer routes, addresses or capabilities.");
    }

    /// <summary>Reads a peer's description; false with what is wrong with it.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PeerDescription? description, [NotNullWhen(false)] out string? problem)
    {
        description = null;
        if (bytes.Length > MaxLength)
        {
            problem = $"it takes {bytes.Length} bytes, more than {MaxLength}";
            return false;
        }

        Wire.Description wire;
        try
        {
            wire = Wire.Description.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            problem = e.Message;
            return false;
        }

        if (wire.Routes.Count > MaxRoutes || wire.Addresses.Count > MaxAddresses)
        {
            problem = $"it has more than {MaxRoutes} routes or {MaxAddresses} addresses";
            return false;
        }

        var routes = new IPNetwork[wire.Routes.Count];
        for (int i = 0; i < routes.Length; i++)
        {
            string route = wire.Routes[i];
            if (route.Contains('%') || !IPNetwork.TryParse(route, out routes[i]) || routes[i].ToString() != route)
            {
                problem = "a route is not a network in its usual spelling, such as 10.0.0.0/8";
                return false;
            }
        }

        var addresses = new NodeAddress[wire.Addresses.Count];
        for (int i = 0; i < addresses.Length; i++)
        {
            if (!NodeAddress.TryParse(wire.Addresses[i], out addresses[i]!, out problem))
                return false;
        }

        var decoded = new PeerDescription
        {
            SoftwareVersion = wire.SoftwareVersion,
            Capabilities = [.. wire.Capabilities],
            RoleHint = new RoleHint((RoleHintMode)(int)(wire.RoleHint?.Mode ?? 0), (NodeRole)(int)(wire.RoleHint?.Role ?? 0)),
            Routes = routes,
            Addresses = addresses,
            MaxFramePayload = wire.Limits?.MaxFramePayload is null or 0
                ? FrameHeader.DefaultMaxPayload
                : (int)Math.Min(wire.Limits.MaxFramePayload, int.MaxValue),
        };
        problem = Problem(decoded);
        if (problem is not null)
            return false;

        description = decoded;
        return true;
    }

    private static string? Problem(PeerDescription d)
    {
        if (d.SoftwareVersion.Length > MaxTextLength || d.SoftwareVersion.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return $"the software version is not up to {MaxTextLength} printable ASCII characters";
        if (d.Capabilities.Count > MaxCapabilities)
            return $"it has {d.Capabilities.Count} capabilities, more than {MaxCapabilities}";
        if (!d.Capabilities.All(IsCapability))
            return $"a capability is not 1 to {MaxTextLength} of a-z, 0-9, '.' and '-'";
        if (!Enum.IsDefined(d.RoleHint.Mode) || !Enum.IsDefined(d.RoleHint.Role))
            return "its role hint is unknown";
        if (d.Routes.Count > MaxRoutes)
            return $"it has {d.Routes.Count} routes, more than {MaxRoutes}";
        if (d.Addresses.Count > MaxAddresses)
            return $"it has {d.Addresses.Count} addresses, more than {MaxAddresses}";
        if (d.Addresses.FirstOrDefault(static a => a.ExpectedName is not null || a.Port == 0) is { } address)
            return $"{address} is not an address that another node can dial: expected scheme://host:port";
        return d.MaxFramePayload is < FrameHeader.DefaultMaxPayload or > FrameHeader.MaxPayload
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"its frames of {d.MaxFramePayload} bytes are not within {FrameHeader.DefaultMaxPayload} to {FrameHeader.MaxPayload}")
            : null;
    }

    private static bool IsCapability(string text) =>
        text.Length is > 0 and <= MaxTextLength
        && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');
}
