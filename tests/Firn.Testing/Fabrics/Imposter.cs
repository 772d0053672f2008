using Firn.Identity;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>A man in the middle: ends the link at both sides with a leaf of its own, properly signed, and passes every byte on as it came.</summary>
internal sealed class Imposter : IAsyncDisposable
{
    private readonly Trap _trap;
    private readonly LeafCredential _leaf;
    private readonly Task _serving;
    private long _passed;

    private Imposter(Trap trap, LeafCredential leaf, Func<Task<ILink>> dial)
    {
        (_trap, _leaf) = (trap, leaf);
        _serving = ServeAsync(dial);
    }

    /// <summary>Where it waits for its victims.</summary>
    public NodeAddress Address => _trap.Address;

    /// <summary>How many bytes it has passed on.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>One in front of <paramref name="target"/>, for one link.</summary>
    public static async Task<Imposter> BeforeAsync(Fabric fabric, LiveNode target, LeafCredential leaf) =>
        new(await fabric.ListenAsync(), leaf, () => fabric.DialAsync(target, leaf));

    public async ValueTask DisposeAsync()
    {
        await _serving.WaitAsync(EventLog.Ceiling);
        await _trap.DisposeAsync();
    }

    private async Task ServeAsync(Func<Task<ILink>> dial)
    {
        var inside = await _trap.AcceptAsync(_leaf);
        var outside = await dial();
        var (there, back) = (PassAsync(inside.Stream, outside.Stream), PassAsync(outside.Stream, inside.Stream));
        await Task.WhenAny(there, back);   // all that this side said has gone through
        await inside.DisposeAsync();
        await outside.DisposeAsync();
        await Task.WhenAll(there, back);
    }

    private async Task PassAsync(Stream from, Stream to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int length; (length = await from.ReadAsync(buffer)) > 0;)
            {
                Interlocked.Add(ref _passed, length);
                await to.WriteAsync(buffer.AsMemory(0, length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // One side has hung up; so does the other now.
        }
    }
}
