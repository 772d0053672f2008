using Firn.AspNetCore;
using Firn.Identity;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Speaks to a node's control socket without the detour of a process.</summary>
internal static class NodeControl
{
    public static ControlClient Control(this FirnNode node)
    {
        RunningNode running = RunningNodes.List(FirnHome.Open(node.Home.Directory)).Single(n => n.Name.ToString() == node.Name);
        return new ControlClient(node.Name, running.ControlSocket!);
    }

    public static async Task<IReadOnlyList<PeerBody>> PeersAsync(this FirnNode node)
    {
        using ControlClient client = node.Control();
        return await client.PeersAsync(CancellationToken.None);
    }

    public static async Task<PeerBody> DialAsync(this FirnNode node, string address)
    {
        using ControlClient client = node.Control();
        return await client.DialAsync(address, CancellationToken.None);
    }

    public static async Task PingAsync(this FirnNode node, FirnNode peer)
    {
        using ControlClient client = node.Control();
        await client.PingAsync(peer.Name, CancellationToken.None);
    }
}
