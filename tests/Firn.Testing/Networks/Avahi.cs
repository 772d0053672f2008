namespace Firn.Testing;

/// <summary>
/// Avahi on a machine of a test: a daemon and a D-Bus of its own, which share nothing with those of the real machine. What it leaves behind
/// goes with it.
/// </summary>
internal sealed class Avahi : IAsyncDisposable
{
    private readonly NetworkNamespace _network;
    private readonly string _directory;
    private readonly ChildProcess _daemon;
    private readonly Dictionary<string, string?> _environment;
    private readonly List<ChildProcess> _children = [];

    private Avahi(NetworkNamespace network, string directory, ChildProcess daemon)
    {
        (_network, _directory, _daemon) = (network, directory, daemon);
        _environment = new Dictionary<string, string?> { ["DBUS_SYSTEM_BUS_ADDRESS"] = $"unix:path={directory}/bus" };
    }

    /// <summary>Starts it; completes when it serves.</summary>
    public static async Task<Avahi> StartAsync(NetworkNamespace network)
    {
        string directory = Directory.CreateTempSubdirectory("firn-avahi-").FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "bus.conf"), $"""
            <busconfig>
              <listen>unix:path={directory}/bus</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/><allow eavesdrop="true"/>
              </policy>
            </busconfig>
            """);
        await File.WriteAllTextAsync(Path.Combine(directory, "avahi.conf"), $"""
            [server]
            host-name=avahi
            use-ipv4=yes
            use-ipv6=yes
            allow-interfaces={LanSwitch.Device}
            [publish]
            publish-hinfo=no
            publish-workstation=no
            """);

        // A program in a network namespace has its mounts for itself: so the daemon's fixed paths in /run are no others' either.
        string script = $"""
            set -e
            mount -t tmpfs firn-test /run
            mkdir /run/avahi-daemon
            dbus-daemon --config-file={directory}/bus.conf --nofork --nopidfile &
            while [ ! -S {directory}/bus ]; do sleep 0.02; done
            DBUS_SYSTEM_BUS_ADDRESS=unix:path={directory}/bus exec avahi-daemon -f {directory}/avahi.conf --no-drop-root --no-chroot --no-rlimits
            """;
        ChildProcess daemon = ChildProcess.Start("sh", ["-c", script], inNamespace: network.Name);
        var avahi = new Avahi(network, directory, daemon);
        await daemon.WaitForErrorAsync(line => line.Contains("Server startup complete"));
        return avahi;
    }

    /// <summary>What is there now, one line each, in the form that programs read; resolved ones begin with <c>=</c>.</summary>
    public async Task<string> BrowseAsync() =>
        (await ChildProcess.RunAsync("avahi-browse", ["-rtp", "_firn._tcp"], _environment, _network.Name)).Output;

    /// <summary>The IPv4 address of a host. (What browsing resolves is of either family, whichever comes first.)</summary>
    public async Task<string> ResolveAsync(string host) =>
        (await ChildProcess.RunAsync("avahi-resolve", ["-4", "-n", host], _environment, _network.Name)).Output.TrimEnd().Split('\t')[^1];

    /// <summary>What comes and goes, in the same form: <c>+</c>, <c>-</c>, <c>=</c>.</summary>
    public ChildProcess Watch() => Start("avahi-browse", "-rp", "_firn._tcp");

    /// <summary>Announces a service until it is disposed of.</summary>
    public ChildProcess Publish(string name, int port, params string[] text) =>
        Start("avahi-publish", ["-s", name, "_firn._tcp", $"{port}", .. text]);

    public async ValueTask DisposeAsync()
    {
        foreach (ChildProcess child in _children)
        {
            await child.DisposeAsync();
        }

        await _daemon.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private ChildProcess Start(string program, params string[] arguments)
    {
        var child = ChildProcess.Start(program, arguments, _environment, _network.Name);
        _children.Add(child);
        return child;
    }
}
