namespace Firn.Protocol;

/// <summary>How many connections that proved nothing yet are served and kept waiting.</summary>
/// <param name="InProgress">Handshakes at a time; one source holds at most half (rounded up) while another waits.</param>
/// <param name="ParkedPerSource">Waiting connections of one source.</param>
/// <param name="Parked">Waiting connections in all.</param>
/// <param name="Deadline">Milliseconds from arrival for everything, waiting included.</param>
internal sealed record StrangerLimits(int InProgress = 64, int ParkedPerSource = 32, int Parked = 1024, long Deadline = 10_000)
{
    /// <summary>What one source may hold while another waits; two sources at that share leave no slot free.</summary>
    public int Share => (InProgress + 1) / 2;
}
