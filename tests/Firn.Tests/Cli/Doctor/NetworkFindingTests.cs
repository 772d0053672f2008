using System.Net;
using System.Net.Sockets;
using Firn.Cli;
using Firn.Identity;

namespace Firn.Tests.Cli.Doctor;

/// <summary>What <c>firn doctor</c> makes of the network.</summary>
public sealed class NetworkFindingTests
{
    [Theory]
    [InlineData("tcp", null, null, null, "ok", "free")]
    [InlineData("udp", null, null, null, "ok", "free, as quic needs it")]
    [InlineData("tcp", null, "a@h", null, "ok", "a@h listens there")]
    [InlineData("tcp", SocketError.AddressAlreadyInUse, null, "nginx (process 7)", "warning", "taken by nginx (process 7)")]
    [InlineData("udp", SocketError.AddressAlreadyInUse, null, null, "warning", "taken by another program")]
    [InlineData("tcp", SocketError.AccessDenied, null, null, "problem", "may not listen")]
    [InlineData("tcp", SocketError.NetworkDown, null, null, "problem", "NetworkDown")]
    public void A_port_is_judged(string protocol, SocketError? failure, string? node, string? owner, string verdict, string part)
    {
        var finding = PortCheck.Judge(new PortFacts(protocol, 3476, failure, node, owner));
        finding.Check.ShouldBe($"{protocol} 3476");
        finding.ShouldBe(verdict, part);
    }

    [Fact]
    public void Who_has_a_port_is_told_on_Linux()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var udp = new UdpClient(new IPEndPoint(IPAddress.IPv6Loopback, 0));

        string? tcpOwner = SocketOwner.Find("tcp", ((IPEndPoint)listener.LocalEndpoint).Port);
        string? udpOwner = SocketOwner.Find("udp", ((IPEndPoint)udp.Client.LocalEndPoint!).Port);

        string? expected = OperatingSystem.IsLinux() ? $"(process {Environment.ProcessId})" : null;
        foreach (string? owner in new[] { tcpOwner, udpOwner })
            (owner?[owner.IndexOf('(', StringComparison.Ordinal)..]).ShouldBe(expected);
    }

    [Theory]
    [InlineData("   0: 00000000:0D94 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0", "4711")]
    [InlineData("   0: 00000000000000000000000000000000:0D94 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000  0  0 12 2", "12")]
    [InlineData("   0: 00000000:0D95 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0", null)]
    [InlineData("   1: 0100007F:0D94 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0", null)]
    [InlineData("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", null)]
    public void Only_a_socket_that_listens_there_has_the_port(string line, string? inode) => SocketOwner.InodeOf(line, 3476).ShouldBe(inode);

    [Fact]
    public void Interfaces_are_judged()
    {
        var loopback = new InterfaceFacts("lo", true, ["127.0.0.1"]);
        InterfaceCheck.Judge([loopback]).ShouldBe("warning", "loopback");
        InterfaceCheck.Judge([loopback, new InterfaceFacts("eth0", false, [])]).ShouldBe("warning", "loopback");
        InterfaceCheck.Judge([loopback, new InterfaceFacts("eth0", false, ["10.0.0.1", "fd00::1"])]).ShouldBe("ok", "eth0 10.0.0.1 fd00::1");
        InterfaceCheck.Judge([.. Enumerable.Range(0, 9).Select(i => new InterfaceFacts($"e{i}", false, ["10.0.0.1"]))]).ShouldBe("ok", ", and 5 more");
    }

    [Theory]
    [InlineData("127.0.1.1 ::1", "ok", "only here")]
    [InlineData("fe80::1 127.0.0.1", "ok", "only here")]
    [InlineData("127.0.1.1 10.0.0.1", "ok", "stands for 10.0.0.1")]
    [InlineData("10.0.0.1 10.9.9.9", "warning", "stands for 10.9.9.9, which no interface here has")]
    [InlineData("", "warning", "does not resolve")]
    [InlineData(null, "warning", "does not resolve")]
    public void A_host_name_is_judged(string? resolved, string verdict, string part) => HostNameCheck.Judge(new HostNameFacts(
        "box", resolved?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse).ToArray(), [IPAddress.Parse("10.0.0.1")])).ShouldBe(verdict, part);

    [Fact]
    public void Multicast_is_judged()
    {
        var heard = new MulticastFacts("eth0", false, MulticastOutcome.Heard);
        var silent = new MulticastFacts("eth0", true, MulticastOutcome.Silent);
        MulticastCheck.Judge([]).ShouldBe("warning", "no interface can multicast");
        MulticastCheck.Judge([heard]).ShouldBe("ok", "eth0 (IPv4)");
        MulticastCheck.Judge([heard, silent]).ShouldBe("warning", "sent on eth0 (IPv6) does not come back; it does on eth0 (IPv4)");
        MulticastCheck.Judge([silent with { Outcome = MulticastOutcome.Refused }]).ShouldBe("warning", "sent on eth0 (IPv6) does not come back");
        MulticastCheck.Judge([silent with { Outcome = MulticastOutcome.PortTaken }]).ShouldBe("warning", "5353");
    }

    [Fact]
    public void The_question_that_is_asked_is_one_of_DNS() => Convert.ToHexString(MulticastProbe.Question(0x1234)).ShouldBe(
        "123400000001000000000000" + "055F6669726E" + "045F746370" + "056C6F63616C00" + "000C0001");

    [Theory]
    [InlineData("", "ok", "none is set")]
    [InlineData("HTTPS_PROXY=http://alice:secret@proxy:3128", "ok", "wss:// through http://proxy:3128, ws:// directly")]
    [InlineData("ALL_PROXY=socks5://proxy NO_PROXY=.lan,10.0.0.0/8", "ok", "go through socks5://proxy:1080; not to .lan,10.0.0.0/8")]
    [InlineData("HTTP_PROXY=ftp://alice:secret@proxy", "problem", "HTTP_PROXY in the environment names no proxy")]
    public void Proxies_are_told_without_their_credentials(string variables, string verdict, string part)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);

        var finding = ProxyCheck.Judge(set.GetValueOrDefault);

        finding.ShouldBe(verdict, part);
        finding.ToString().ShouldNotContain("secret");
        finding.ToString().ShouldNotContain("alice");
    }

    [Fact]
    public void Nodes_are_judged()
    {
        var node = new RunningNode(NodeName.Parse("a@h"), Did.Parse("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"), 7, "default", [], "/s", default);
        NodesCheck.Judge([]).ShouldHaveSingleItem().ShouldBe("ok", "none runs here");
        NodesCheck.Judge([new NodeFacts(node, 1), new NodeFacts(node, 2), new NodeFacts(node, null), new NodeFacts(node, null, "suspended")])
            .Select(finding => (finding.Verdict, finding.Found)).ShouldBe(
            [
                (Verdict.Ok, "a@h (process 7) answers; 1 peer"),
                (Verdict.Ok, "a@h (process 7) answers; 2 peers"),
                (Verdict.Ok, "a@h (process 7) is a program's, which takes no commands"),
                (Verdict.Problem, "a@h (process 7) does not answer: suspended"),
            ]);
    }
}
