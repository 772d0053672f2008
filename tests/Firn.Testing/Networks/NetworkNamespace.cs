using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Firn.Testing;

/// <summary>
/// A network of its own on this machine, as <c>ip netns</c> makes them, with nothing but loopback in it. Its name carries the id of
/// the process that made it, so that those of a test host that died are found and deleted by the next one.
/// </summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private const string Prefix = "firn-test-";
    private const string NamesDirectory = "/var/run/netns";

    private static readonly Lazy<Task> StaleOnesGone = new(DeleteStaleAsync);
    private static int s_count;

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    /// <summary>Whether namespaces and TUN devices can be made here; if not, why.</summary>
    public static bool IsAvailable(out string reason)
    {
        reason = Prerequisites.MissingForNamespaces() ?? "";
        return reason.Length == 0;
    }

    /// <exception cref="InvalidOperationException">The system refuses; the message is that of <c>ip</c>.</exception>
    public static async Task<NetworkNamespace> CreateAsync()
    {
        await StaleOnesGone.Value;
        var created = new NetworkNamespace($"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        await Ip.RunAsync("netns", "add", created.Name);
        await created.ConfigureAsync("link", "set", "lo", "up");
        return created;
    }

    /// <summary>Runs <c>ip</c> with these arguments on this namespace.</summary>
    public Task ConfigureAsync(params IEnumerable<string> arguments) => Ip.RunAsync(["-n", Name, .. arguments]);

    /// <summary>Runs a command inside to its end.</summary>
    public Task<CommandResult> RunAsync(string program, params IEnumerable<string> arguments) =>
        ChildProcess.RunAsync(program, arguments, inNamespace: Name);

    /// <summary>
    /// Opens a socket or device inside: it belongs to this namespace for good and can be used from any thread. <paramref name="open"/>
    /// must start no thread, which would stay inside.
    /// </summary>
    public T Open<T>(Func<T> open)
    {
        T? opened = default;
        Exception? failure = null;

        // A thread of its own, since a namespace entered stays entered: the pool's threads must not.
        var inside = new Thread(() =>
        {
            try
            {
                Enter();
                opened = open();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ExternalException)
            {
                failure = e;
            }
        });
        inside.Start();
        inside.Join();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return opened!;
    }

    public async ValueTask DisposeAsync() => await Ip.RunAsync("netns", "delete", Name);

    private static async Task DeleteStaleAsync()
    {
        if (!Directory.Exists(NamesDirectory))
        {
            return;
        }

        foreach (string name in Directory.EnumerateFiles(NamesDirectory, Prefix + "*").Select(path => Path.GetFileName(path)))
        {
            string maker = name[Prefix.Length..].Split('-')[0];
            if (maker == $"{Environment.ProcessId}" || !Directory.Exists($"/proc/{maker}"))
            {
                // Another test host may be faster: then it is gone all the same.
                await ChildProcess.RunAsync("ip", ["netns", "delete", name]);
            }
        }
    }

    private void Enter()
    {
        using SafeFileHandle handle = File.OpenHandle($"{NamesDirectory}/{Name}", share: FileShare.ReadWrite);
        if (Libc.SetNamespace(handle, Libc.CloneNewNet) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Cannot enter network namespace {Name}");
        }
    }
}
