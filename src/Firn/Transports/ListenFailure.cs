using System.Net.Sockets;

namespace Firn.Transports;

/// <summary>Why an address cannot be listened on.</summary>
internal static class ListenFailure
{
    /// <summary>Whether another port would do.</summary>
    public static bool IsPortTaken(FirnException e) =>
        e is { Reason: FailureReason.CannotListen, InnerException: SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } };

    public static FirnException Of(NodeAddress address, SocketException e)
    {
        var why = e.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "another program listens there. Choose another port; 0 means any free one",
            SocketError.AccessDenied => "this user may not. Choose a port above 1023",
            SocketError.AddressNotAvailable => "no interface of this machine has that address",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the name does not resolve",
            _ => e.Message.TrimEnd('.'),
        };
        return new FirnException(FailureReason.CannotListen, $"Cannot listen on {address}: {why}.", e);
    }
}
