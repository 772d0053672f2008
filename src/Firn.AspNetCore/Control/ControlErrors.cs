using Microsoft.AspNetCore.Http;

namespace Firn.AspNetCore;

/// <summary>How a failure travels through HTTP and back.</summary>
internal static class ControlErrors
{
    /// <summary>
    /// The status: 4xx is the caller's to mend, 502 speaks of the other node, 503 of a limit or an end, 504 of a deadline.
    /// </summary>
    public static int StatusOf(FailureReason reason) => reason switch
    {
        FailureReason.InvalidInput => StatusCodes.Status400BadRequest,
        FailureReason.NotConnected or FailureReason.NoProcess => StatusCodes.Status404NotFound,
        FailureReason.BadMessage => StatusCodes.Status422UnprocessableEntity,
        FailureReason.Self or FailureReason.WrongPeer => StatusCodes.Status409Conflict,
        FailureReason.NotTrusted or FailureReason.AdmissionDiffers or FailureReason.NameTaken or FailureReason.Stale
            or FailureReason.InviteRefused => StatusCodes.Status409Conflict,
        FailureReason.Unsupported => StatusCodes.Status501NotImplemented,
        FailureReason.Busy or FailureReason.ShuttingDown => StatusCodes.Status503ServiceUnavailable,
        FailureReason.TimedOut => StatusCodes.Status504GatewayTimeout,
        FailureReason.HomeUnusable or FailureReason.CannotListen => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status502BadGateway,
    };

    /// <summary>The failure that <paramref name="error"/> speaks of.</summary>
    public static FirnException ToException(ErrorBody error) =>
        Enum.TryParse(error.Reason, ignoreCase: true, out FailureReason reason)
            ? new FirnException(reason, error.Message) { Ways = [.. (error.Ways ?? []).Select(ToWay)] }
            : new FirnException(FailureReason.ProtocolError, $"{error.Message} ({error.Reason})");

    private static FailedWay ToWay(WayBody way) =>
        new(way.Way, Enum.TryParse(way.Reason, ignoreCase: true, out FailureReason reason) ? reason : FailureReason.ProtocolError, way.Message);
}
