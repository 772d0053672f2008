using Firn.AspNetCore;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>Tells the nodes that run under a home that its cookies or trust list have changed.</summary>
internal static class RunningReload
{
    /// <summary>Says how many sessions ended by it; who cannot be told, and why, goes to <paramref name="error"/>.</summary>
    public static async Task<int> TellAsync(FirnHome home, TextWriter error, CancellationToken stop)
    {
        int ended = 0;
        foreach (var node in RunningNodes.List(home).Where(CommonOptions.IsControlled))
        {
            try
            {
                using var client = new ControlClient(node.Name.ToString(), node.ControlSocket!);
                ended += (await client.ReloadAsync(stop)).SessionsEnded;
            }
            catch (FirnException e)
            {
                error.WriteLine(Printable.Line($"firn: {node.Name} has not taken it up yet, and tries again by itself: {e.Message}"));
            }
        }

        return ended;
    }

    /// <summary>The end of a sentence.</summary>
    public static string Ended(int sessions) => sessions switch
    {
        0 => "",
        1 => "; 1 session ended by it",
        _ => $"; {sessions} sessions ended by it",
    };
}
