namespace Firn.Protocol;

/// <summary>What the modes demand, and which go together.</summary>
internal static class AdmissionModes
{
    /// <summary>Whether both ends prove a cookie, and every message after the Challenge bears a MAC.</summary>
    public static bool DemandsCookie(this AdmissionMode mode) => mode is AdmissionMode.Cookie or AdmissionMode.Both;

    /// <summary>Whether the peer's key must be trusted.</summary>
    public static bool DemandsTrust(this AdmissionMode mode) => mode is AdmissionMode.Trust or AdmissionMode.Both;

    /// <summary>
    /// Whether a handshake with an end that admits by <paramref name="theirs"/> can please both: each demands of the other what its own
    /// mode says, and either both ends prove a cookie or neither does.
    /// </summary>
    public static bool GoesWith(this AdmissionMode mine, Wire.Admission theirs) =>
        FromWire(theirs) is { } other && mine.DemandsCookie() == other.DemandsCookie();

    public static Wire.Admission ToWire(this AdmissionMode mode) => mode switch
    {
        AdmissionMode.Cookie => Wire.Admission.Cookie,
        AdmissionMode.Trust => Wire.Admission.Trust,
        AdmissionMode.Both => Wire.Admission.Both,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a mode of admission."),
    };

    /// <summary>Null for what this version does not know, and for none.</summary>
    public static AdmissionMode? FromWire(Wire.Admission admission) => admission switch
    {
        Wire.Admission.Cookie => AdmissionMode.Cookie,
        Wire.Admission.Trust => AdmissionMode.Trust,
        Wire.Admission.Both => AdmissionMode.Both,
        _ => null,
    };

    /// <summary>For people: <c>by cookie</c>.</summary>
    public static string Describe(this AdmissionMode? mode) => mode switch
    {
        AdmissionMode.Cookie => "by cookie",
        AdmissionMode.Trust => "by trust",
        AdmissionMode.Both => "by both cookie and trust",
        _ => "by a way that this version does not know",
    };
}
