using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>How many functions run here that each peer has spawned. One counts until it has returned, even if its process has ended before.</summary>
internal sealed class SpawnQuota
{
    /// <summary>Functions of one peer that may run at a time.</summary>
    public const int MaxPerPeer = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerKey, int> _running = [];

    /// <summary>One more is to run; false when as many do as may.</summary>
    public bool TryTake(PeerKey peer)
    {
        lock (_gate)
        {
            int running = _running.GetValueOrDefault(peer);
            if (running == MaxPerPeer)
                return false;
            _running[peer] = running + 1;
            return true;
        }
    }

    /// <summary>One that was taken runs no more.</summary>
    public void Return(PeerKey peer)
    {
        lock (_gate)
        {
            if (--_running[peer] == 0)
                _running.Remove(peer);
        }
    }
}
