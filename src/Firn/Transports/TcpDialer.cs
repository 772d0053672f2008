using System.Net;
using System.Net.Sockets;
using Firn.Protocol;

namespace Firn.Transports;

/// <summary>Opens TCP connections: the addresses of a name in order, the first that answers.</summary>
internal static class TcpDialer
{
    private const int MaxAddresses = 8;   // as many as a name may cost before it counts as unreachable

    /// <summary>A connected socket, and the address at which it answered.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Unreachable"/> or <see cref="FailureReason.TimedOut"/>.</exception>
    public static async ValueTask<(Socket Socket, IPEndPoint Remote)> ConnectAsync(
        NodeAddress address,
        Func<CancellationToken, ValueTask<IPAddress[]>> resolve,
        TcpOptions options,
        CancellationToken cancellationToken)
    {
        var candidates = await ResolveAsync(address, resolve, options.DialFrom, cancellationToken).ConfigureAwait(false);
        var failures = new List<(IPAddress Address, SocketException Error)>();
        foreach (var candidate in candidates)
        {
            var remote = new IPEndPoint(candidate, address.Port);
            try
            {
                return (await ConnectAsync(remote, options, cancellationToken).ConfigureAwait(false), remote);
            }
            catch (SocketException e)
            {
                cancellationToken.ThrowIfCancellationRequested();
                failures.Add((candidate, e));
            }
        }

        bool timedOut = failures.TrueForAll(failure => failure.Error.SocketErrorCode == SocketError.TimedOut);
        var why = string.Join("; ", failures.Select(failure => $"{failure.Address}: {Describe(failure.Error)}"));
        throw new FirnException(
            timedOut ? FailureReason.TimedOut : FailureReason.Unreachable, $"Cannot reach {address}: {why}.", failures[^1].Error);
    }

    /// <summary>The addresses of a name that may be dialled <paramref name="from"/> that local one, if it is given.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Unreachable"/>: there is none.</exception>
    public static async ValueTask<IEnumerable<IPAddress>> ResolveAsync(
        NodeAddress address,
        Func<CancellationToken, ValueTask<IPAddress[]>> resolve,
        IPAddress? from,
        CancellationToken cancellationToken)
    {
        IPAddress[] all;
        try
        {
            all = await resolve(cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new FirnException(FailureReason.Unreachable, $"Cannot reach {address}: the name does not resolve.", e);
        }

        if (address.IsTold && !MeshAddresses.TryLiteral(address, out _))
            all = [.. all.Where(static found => MeshAddresses.Dialable(found, teller: IPAddress.None) is not null)];   // its teller chose what it leads to
        var usable = all.Where(found => from is null || from.AddressFamily == found.AddressFamily).Take(MaxAddresses).ToList();
        return usable.Count > 0
            ? usable
            : throw new FirnException(FailureReason.Unreachable, $"Cannot reach {address}: the name has no usable address.");
    }

    /// <summary>What every socket of a link is set to.</summary>
    public static void Tune(Socket socket, TcpOptions options)
    {
        const int LinuxNotSentLowWater = 25, MacNotSentLowWater = 0x201, Tcp = 6;   // TCP_NOTSENT_LOWAT, IPPROTO_TCP

        socket.NoDelay = true;
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(Tcp, LinuxNotSentLowWater, BitConverter.GetBytes(options.UnsentLowWater));
        else if (OperatingSystem.IsMacOS())
            socket.SetRawSocketOption(Tcp, MacNotSentLowWater, BitConverter.GetBytes(options.UnsentLowWater));
    }

    private static async ValueTask<Socket> ConnectAsync(IPEndPoint remote, TcpOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Tune(socket, options);
            if (options.DialFrom is not null)
                socket.Bind(new IPEndPoint(options.DialFrom, 0));
            await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Describe(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused, nothing listens there",
        SocketError.TimedOut => "no answer",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route",
        _ => e.Message.TrimEnd('.'),
    };
}
