using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Firn.Cli;

/// <summary>
/// Asks a question of multicast DNS (RFC 6762) on each interface and listens for it: what a node would send, and once. Who answers does not
/// matter. Other responders share the port.
/// </summary>
internal static class MulticastProbe
{
    private const int Port = 5353;
    private const int HeaderSize = 12;

    private static readonly IPAddress GroupV4 = IPAddress.Parse("224.0.0.251");
    private static readonly IPAddress GroupV6 = IPAddress.Parse("ff02::fb");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<MulticastFacts>> RunAsync(IReadOnlyList<NetworkInterface> interfaces, bool isIPv6, CancellationToken stop)
    {
        var indices = interfaces.Select(nic => (nic.Name, Index: IndexOf(nic, isIPv6))).Where(nic => nic.Index is not null).ToList();
        if (indices.Count == 0)
            return [];

        using var ears = new Socket(isIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            ears.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            ears.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, Port));
        }
        catch (SocketException)
        {
            return [.. indices.Select(nic => new MulticastFacts(nic.Name, isIPv6, MulticastOutcome.PortTaken))];
        }

        // The questions differ by their number, so that each interface is told from the others.
        ushort first = (ushort)Random.Shared.Next(1, ushort.MaxValue - indices.Count);
        var outcomes = indices.Select((nic, i) => TryAsk(ears, isIPv6, nic.Index!.Value, (ushort)(first + i))).ToArray();
        await ListenAsync(ears, first, outcomes, stop);
        return [.. indices.Select((nic, i) => new MulticastFacts(nic.Name, isIPv6, outcomes[i]))];
    }

    /// <summary>A question for services of Firn, in the form of RFC 1035, section 4.1.</summary>
    public static byte[] Question(ushort number)
    {
        byte[] question = [.. new byte[HeaderSize], .. "\u0005_firn\u0004_tcp\u0005local\0"u8, 0, 12, 0, 1];   // PTR, IN
        BinaryPrimitives.WriteUInt16BigEndian(question, number);
        question[5] = 1;   // one question
        return question;
    }

    private static MulticastOutcome TryAsk(Socket ears, bool isIPv6, int index, ushort number)
    {
        try
        {
            using var mouth = new Socket(ears.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (isIPv6)
            {
                ears.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(GroupV6, index));
                mouth.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
            }
            else
            {
                ears.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(GroupV4, index));
                mouth.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.HostToNetworkOrder(index));
            }

            mouth.SendTo(Question(number), new IPEndPoint(isIPv6 ? GroupV6 : GroupV4, Port));
            return MulticastOutcome.Silent;
        }
        catch (SocketException)
        {
            return MulticastOutcome.Refused;
        }
    }

    private static async Task ListenAsync(Socket ears, ushort first, MulticastOutcome[] outcomes, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        var packet = new byte[9_000];   // RFC 6762, section 17
        try
        {
            while (outcomes.Contains(MulticastOutcome.Silent))
            {
                int length = await ears.ReceiveAsync(packet, limit.Token);
                int which = length < HeaderSize ? -1 : BinaryPrimitives.ReadUInt16BigEndian(packet) - first;
                if (which >= 0 && which < outcomes.Length && packet.AsSpan(0, length).SequenceEqual(Question((ushort)(first + which))))
                    outcomes[which] = MulticastOutcome.Heard;
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // What has not come back by now does not.
        }
        catch (SocketException)
        {
            // The network went meanwhile: as far as it was heard.
        }
    }

    private static int? IndexOf(NetworkInterface nic, bool isIPv6)
    {
        var family = isIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var properties = nic.GetIPProperties();
        if (!properties.UnicastAddresses.Any(a => a.Address.AddressFamily == family))
            return null;
        return isIPv6 ? properties.GetIPv6Properties().Index : properties.GetIPv4Properties().Index;
    }
}
