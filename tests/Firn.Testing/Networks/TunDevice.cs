using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Firn.Testing;

/// <summary>A TUN device in a namespace: the IP packets that its kernel routes there come out here, and the other way round.</summary>
internal sealed class TunDevice : IDisposable
{
    public const int MaxPacket = 65_536;

    private const short TunWithoutHeader = 0x0001 | 0x1000; // IFF_TUN, IFF_NO_PI: linux/if_tun.h
    private const int NameLength = 16; // IFNAMSIZ
    private const int RequestLength = 40; // sizeof(struct ifreq)

    private readonly FileStream _packets;

    private TunDevice(SafeFileHandle handle) => _packets = new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0);

    /// <summary>For poll(2).</summary>
    public int Handle => (int)_packets.SafeFileHandle.DangerousGetHandle();

    public static TunDevice Create(NetworkNamespace inside, string name) => new(inside.Open(() => Open(name)));

    /// <summary>The next packet; blocks until there is one.</summary>
    public int Read(Span<byte> packet) => _packets.Read(packet);

    /// <summary>Hands a packet to the kernel; while the device is down it is lost, as on any wire.</summary>
    public void Write(ReadOnlySpan<byte> packet)
    {
        try
        {
            _packets.Write(packet);
        }
        catch (IOException e) when (e.HResult == Libc.InputOutputError)
        {
        }
    }

    public void Dispose() => _packets.Dispose();

    private static SafeFileHandle Open(string name)
    {
        SafeFileHandle handle = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Span<byte> request = stackalloc byte[RequestLength];
        request.Clear();
        Encoding.ASCII.GetBytes(name, request[..(NameLength - 1)]);
        MemoryMarshal.Write(request[NameLength..], TunWithoutHeader);
        if (Libc.IoControl(handle, Libc.TunSetInterface, request) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw new Win32Exception(error, $"Cannot make TUN device {name}: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        return handle;
    }
}
