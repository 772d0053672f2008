using System.Runtime.ExceptionServices;

namespace Firn.Runtime;

/// <summary>
/// Carries out the actions of the rules, one at a time and in order, outside every lock. Whoever finds it idle does the work; what
/// others ask for meanwhile is done by the same one.
/// </summary>
/// <param name="take">Takes what the rules ask for since the last call.</param>
/// <param name="carryOut">Does it; must not wait.</param>
internal sealed class ActionPump<TAction>(Func<IReadOnlyList<TAction>> take, Action<TAction> carryOut)
{
    private int _calls;

    /// <summary>There is something to do.</summary>
    public void Run()
    {
        if (Interlocked.Increment(ref _calls) != 1)
            return;

        int seen;
        do
        {
            seen = Volatile.Read(ref _calls);
            for (var actions = take(); actions.Count > 0; actions = take())
            {
                foreach (var action in actions)
                    CarryOut(action);
            }
        }
        while (Interlocked.Add(ref _calls, -seen) != 0);
    }

    private void CarryOut(TAction action)
    {
        try
        {
            carryOut(action);
        }
#pragma warning disable CA1031 // A fault, such as a logger that throws, is no matter of who happens to be here: it goes unhandled by itself.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ThreadPool.UnsafeQueueUserWorkItem(static fault => fault.Throw(), ExceptionDispatchInfo.Capture(e), preferLocal: false);
        }
    }
}
