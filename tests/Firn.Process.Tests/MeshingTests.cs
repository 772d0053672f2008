using Firn.AspNetCore;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Which processes find each other.</summary>
public sealed class MeshingTests : NodeTests
{
    [Fact]
    public async Task Two_ups_in_one_home_mesh_with_no_options_and_the_second_is_called_2()
    {
        FirnNode[] nodes = await Task.WhenAll(UpWithoutOptionsAsync(), UpWithoutOptionsAsync());

        await FirnNode.MeetAsync(nodes[0], nodes[1]);

        string[] names = [.. nodes.Select(node => node.Name).OrderBy(name => name.Length)];
        string[] first = names[0].Split('@');
        names[1].ShouldBe($"{first[0]}-2@{first[1]}");
    }

    [Fact]
    public async Task Three_mesh_through_a_seed_with_one_session_per_pair()
    {
        FirnNode seed = await Home.UpAsync("--name", "seed", "--no-discovery");
        FirnNode[] others = await Task.WhenAll(
            Home.UpAsync("--name", "b", "--no-discovery", "--peer", seed.Address),
            Home.UpAsync("--name", "c", "--no-discovery", "--peer", seed.Address));

        await Task.WhenAll(
            FirnNode.MeetAsync(seed, others[0]), FirnNode.MeetAsync(seed, others[1]), FirnNode.MeetAsync(others[0], others[1]));

        await ShouldAgreeAsync([seed, .. others]);
    }

    [Fact]
    public async Task Mesh_none_connects_to_nobody_but_those_dialled()
    {
        FirnNode seed = await Home.UpAsync("--name", "seed", "--no-discovery");
        FirnNode[] loners = await Task.WhenAll(
            Home.UpAsync("--name", "b", "--no-discovery", "--mesh", "none", "--peer", seed.Address),
            Home.UpAsync("--name", "c", "--no-discovery", "--mesh", "none", "--peer", seed.Address));
        await Task.WhenAll(loners.Select(loner => FirnNode.MeetAsync(seed, loner)));

        // One that meshes joins after them and finds them both: they could have found each other long before.
        FirnNode full = await Home.UpAsync("--name", "d", "--no-discovery", "--peer", seed.Address);
        await Task.WhenAll(loners.Select(loner => FirnNode.MeetAsync(full, loner)));

        foreach (FirnNode loner in loners)
        {
            (await loner.PeersAsync()).Select(peer => peer.Name).ShouldBe([full.Name, seed.Name], ignoreOrder: true);
        }
    }

    [Fact]
    public async Task A_cookie_that_is_carried_over_makes_strangers_peers()
    {
        await using var elsewhere = new NodeHome();
        FirnNode here = await Home.UpAsync("--name", "here");

        CommandResult shown = await Home.RunAsync("cookie", "show");
        shown.Output.ShouldMatch("^firn_[A-Za-z0-9_-]{43}$");
        (await elsewhere.RunAsync("cookie", "path")).Output.ShouldBe(Path.Combine(elsewhere.Directory, "cookie"));
        CommandResult imported = await elsewhere.RunWithInputAsync(shown.Output + "\n", "cookie", "import");
        imported.ExitCode.ShouldBe(0, imported.Errors);
        FirnNode there = await elsewhere.UpAsync("--name", "there");

        CommandResult dial = await there.RunAsync("dial", here.Address);
        dial.ExitCode.ShouldBe(0, dial.Errors);
        await FirnNode.MeetAsync(here, there);
    }

    [Fact]
    public async Task An_import_replaces_another_cookie_only_by_force()
    {
        string mine = (await Home.RunAsync("cookie", "show", "--json")).Json.GetProperty("cookie").GetString()!;
        const string Other = "firn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

        CommandResult refused = await Home.RunWithInputAsync(Other, "cookie", "import");
        refused.ExitCode.ShouldBe(1);
        refused.Errors.ShouldContain("--force");
        (await Home.RunAsync("cookie", "show")).Output.ShouldBe(mine);

        (await Home.RunWithInputAsync(Other, "cookie", "import", "--force")).ExitCode.ShouldBe(0);
        (await Home.RunAsync("cookie", "show")).Output.ShouldBe(Other);
    }

    private async Task<FirnNode> UpWithoutOptionsAsync() => await FirnNode.StartAsync(Home, Home.Start("up", "--json"));

    private static async Task ShouldAgreeAsync(params FirnNode[] nodes)
    {
        IReadOnlyList<PeerBody>[] peers = await Task.WhenAll(nodes.Select(node => node.PeersAsync()));
        for (int i = 0; i < nodes.Length; i++)
        {
            peers[i].Select(peer => peer.Name).ShouldBe(nodes.Where(node => node != nodes[i]).Select(node => node.Name), ignoreOrder: true);
            foreach (PeerBody peer in peers[i])
            {
                int other = Array.FindIndex(nodes, node => node.Name == peer.Name);
                peers[other].Single(p => p.Name == nodes[i].Name).SessionId.ShouldBe(peer.SessionId);
            }
        }
    }
}
