using System.Net;
using System.Net.Sockets;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>What is to be known of a port.</summary>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="Port">Its number.</param>
/// <param name="Failure">Why it cannot be bound; null when it is free.</param>
/// <param name="Node">The node of this home that listens there.</param>
/// <param name="Owner">The program that has it, as far as this user may know.</param>
internal sealed record PortFacts(string Protocol, int Port, SocketError? Failure = null, string? Node = null, string? Owner = null);

/// <summary>Whether others find a node at the port where they look for it.</summary>
internal sealed class PortCheck(Surroundings around) : ICheck
{
    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop)
    {
        var nodes = around.TryOpenHome() is { } home ? RunningNodes.List(home) : [];
        return Task.FromResult<IReadOnlyList<Finding>>([Judge(Gather("tcp", "tcp", nodes)), Judge(Gather("udp", "quic", nodes))]);
    }

    public static Finding Judge(PortFacts port)
    {
        string check = $"{port.Protocol} {port.Port}";
        string use = port.Protocol == "udp" ? ", as quic needs it" : "";
        return port switch
        {
            { Node: { } node } => Finding.Ok(check, $"{node} listens there"),
            { Failure: null } => Finding.Ok(check, $"free{use}"),
            { Failure: SocketError.AddressAlreadyInUse } => Finding.Warning(
                check, $"taken by {port.Owner ?? "another program"}",
                $"end that, or tell others the port that 'firn up' says it listens on instead; --listen chooses one"),
            { Failure: SocketError.AccessDenied } => Finding.Problem(check, "this user may not listen there", "see to the policy that forbids it, or choose another port with --listen"),
            { Failure: var failure } => Finding.Problem(check, $"cannot be listened on: {failure}", "see to the network of this machine"),
        };
    }

    private static PortFacts Gather(string protocol, string scheme, IEnumerable<RunningNode> nodes)
    {
        const int Port = NodeAddress.DefaultPort;
        var node = nodes.FirstOrDefault(node => node.Listening.Any(address => address.Scheme == scheme && address.Port == Port));
        if (node is not null)
            return new PortFacts(protocol, Port, Node: node.Name.ToString());

        var failure = TryBind(protocol == "udp", Port);
        return new PortFacts(protocol, Port, failure, Owner: failure == SocketError.AddressAlreadyInUse ? SocketOwner.Find(protocol, Port) : null);
    }

    private static SocketError? TryBind(bool isUdp, int port)
    {
        var family = Socket.OSSupportsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        try
        {
            using var socket = new Socket(family, isUdp ? SocketType.Dgram : SocketType.Stream, isUdp ? ProtocolType.Udp : ProtocolType.Tcp);
            if (family == AddressFamily.InterNetworkV6)
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            if (!isUdp)
                socket.Listen(1);
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }
}
