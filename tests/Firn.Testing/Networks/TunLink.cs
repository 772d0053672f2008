using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Firn.Testing;

/// <summary>
/// A wire between two namespaces that delays and loses packets as told, and can be cut. It runs in real time, as the programs at its
/// ends do: one thread moves each packet within some tenths of a millisecond of when it is due. With the same seed, the n-th packet
/// of each way meets the same fate. Dispose it before its namespaces.
/// </summary>
internal sealed class TunLink : IAsyncDisposable
{
    /// <summary>How long the thread may take to see that it must stop.</summary>
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(20);

    private static int s_count;

    private readonly Way _there;
    private readonly Way _back;
    private readonly Thread _mover;
    private volatile LinkConditions _conditions;
    private volatile bool _cut;
    private volatile bool _stopping;
    private Exception? _failure;

    private TunLink(LinkEnd a, LinkEnd b, int seed, LinkConditions conditions)
    {
        A = a;
        B = b;
        _conditions = conditions;
        TunDevice deviceA = TunDevice.Create(a.Network, a.Device);
        TunDevice deviceB = TunDevice.Create(b.Network, b.Device);
        _there = new Way(deviceA, deviceB, new WireDirection(seed));
        _back = new Way(deviceB, deviceA, new WireDirection(~seed));
        _mover = new Thread(Move) { Name = $"{a.Device} {a.Network.Name} to {b.Network.Name}", IsBackground = true };
    }

    public LinkEnd A { get; }

    public LinkEnd B { get; }

    /// <summary>What happens to the packets sent from now on.</summary>
    public LinkConditions Conditions
    {
        get => _conditions;
        set => _conditions = value;
    }

    /// <summary>Connects two namespaces; in each, the link is a device with the address given.</summary>
    public static async Task<TunLink> CreateAsync(
        NetworkNamespace a,
        NetworkNamespace b,
        int seed,
        LinkConditions? conditions = null,
        string addressA = "10.34.76.1/24",
        string addressB = "10.34.76.2/24")
    {
        string device = $"firn{Interlocked.Increment(ref s_count)}";
        var link = new TunLink(new LinkEnd(a, device), new LinkEnd(b, device), seed, conditions ?? new LinkConditions());
        link._mover.Start();
        await BringUpAsync(link.A, addressA);
        await BringUpAsync(link.B, addressB);
        return link;
    }

    /// <summary>From now on, nothing is taken in and nothing comes out: what would have arrived meanwhile is lost.</summary>
    public void Cut() => _cut = true;

    public void Restore() => _cut = false;

    public ValueTask DisposeAsync()
    {
        _stopping = true;
        _mover.Join();
        _there.From.Dispose();
        _back.From.Dispose();
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return ValueTask.CompletedTask;
    }

    private static async Task BringUpAsync(LinkEnd end, string address)
    {
        // No link-local address: its announcements would be packets that the test did not send. A long queue into the device:
        // a burst that overflows it would be a loss that the seed did not choose.
        await end.Network.ConfigureAsync("link", "set", end.Device, "addrgenmode", "none", "txqueuelen", "10000", "up");
        await end.ChangeAddressAsync(address);
    }

    private void Move()
    {
        Libc.PollHandle[] handles =
        [
            new() { Handle = _there.From.Handle, Wanted = Libc.PollIn },
            new() { Handle = _back.From.Handle, Wanted = Libc.PollIn },
        ];
        var buffer = new byte[TunDevice.MaxPacket];
        try
        {
            while (!_stopping)
            {
                Poll(handles, UntilNextDue());
                Take(_there, handles[0].Ready, buffer);
                Take(_back, handles[1].Ready, buffer);
                Deliver(_there);
                Deliver(_back);
            }
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            _failure = e; // comes out of DisposeAsync
        }
    }

    private TimeSpan UntilNextDue()
    {
        long due = Math.Min(_there.Wire.NextDue ?? long.MaxValue, _back.Wire.NextDue ?? long.MaxValue);
        long now = Stopwatch.GetTimestamp();
        return due <= now ? TimeSpan.Zero
            : due == long.MaxValue ? LongestPoll
            : Min(LongestPoll, Stopwatch.GetElapsedTime(now, due));

        static TimeSpan Min(TimeSpan x, TimeSpan y) => x < y ? x : y;
    }

    private static void Poll(Libc.PollHandle[] handles, TimeSpan timeout)
    {
        if (Libc.Poll(handles, (nuint)handles.Length, new Libc.PollTimeout(timeout), 0) >= 0)
        {
            return;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error != Libc.Interrupted)
        {
            throw new Win32Exception(error);
        }

        foreach (ref Libc.PollHandle handle in handles.AsSpan())
        {
            handle.Ready = 0;
        }
    }

    private void Take(Way way, short ready, byte[] buffer)
    {
        if ((ready & Libc.PollFailed) != 0)
        {
            throw new IOException($"A TUN device of link {A.Device} is gone; dispose a link before its namespaces.");
        }

        if ((ready & Libc.PollIn) != 0)
        {
            int length = way.From.Read(buffer);
            if (!_cut)
            {
                way.Wire.Send(buffer.AsSpan(0, length), Stopwatch.GetTimestamp(), _conditions);
            }
        }
    }

    private void Deliver(Way way)
    {
        while (way.Wire.TryReceive(Stopwatch.GetTimestamp(), out byte[]? packet))
        {
            if (!_cut)
            {
                way.To.Write(packet);
            }
        }
    }

    private sealed record Way(TunDevice From, TunDevice To, WireDirection Wire);
}
