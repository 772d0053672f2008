using Firn.Protocol;

namespace Firn.Runtime;

/// <summary>Carries out the actions of the rules, one at a time and in order, outside every lock.</summary>
/// <param name="take">Takes what the rules ask for since the last call.</param>
/// <param name="carryOut">Does it; must not wait.</param>
internal sealed class ActionPump(Func<IReadOnlyList<NodeAction>> take, Action<NodeAction> carryOut) : IThreadPoolWorkItem
{
    private int _signals;

    /// <summary>There may be something to do.</summary>
    public void Signal()
    {
        if (Interlocked.Increment(ref _signals) == 1)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _signals);
            for (var actions = take(); actions.Count > 0; actions = take())
            {
                foreach (var action in actions)
                    carryOut(action);
            }
        }
        while (Interlocked.Add(ref _signals, -seen) != 0);
    }
}
