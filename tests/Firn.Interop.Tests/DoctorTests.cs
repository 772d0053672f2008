using Firn.Testing;

namespace Firn.Interop.Tests;

/// <summary><c>firn doctor</c> on machines whose network is known.</summary>
public sealed class DoctorTests : TwoMachineTests
{
    [NamespaceFact]
    public async Task It_sees_a_machine_without_a_network_and_one_with_all_it_needs()
    {
        (await FindingsAsync(HomeA)).ShouldBe(
            [("interfaces", "warning"), ("multicast", "warning"), ("tcp 3476", "ok"), ("udp 3476", "ok")], ignoreOrder: true);

        await using TunLink link = await LinkAsync();
        await link.A.Network.ConfigureAsync("link", "set", link.A.Device, "multicast", "on");
        FirnNode node = await HomeA.UpAsync("--name", "a");

        (await FindingsAsync(HomeA)).ShouldBe(
            [("interfaces", "ok"), ("multicast", "ok"), ("tcp 3476", "ok"), ("udp 3476", "ok")], ignoreOrder: true);
        (await HomeB.RunAsync("doctor")).Output.ShouldNotContain(node.Name);
    }

    private static async Task<(string, string)[]> FindingsAsync(NodeHome home)
    {
        string[] network = ["interfaces", "multicast", "tcp 3476", "udp 3476"];
        CommandResult doctor = await home.RunAsync("doctor", "--json");
        return
        [
            .. from finding in doctor.Json.GetProperty("findings").EnumerateArray()
               let check = finding.GetProperty("check").GetString()!
               where network.Contains(check)
               select (check, finding.GetProperty("verdict").GetString()!),
        ];
    }
}
