using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Firn.Benchmarks;

/// <summary>This program started once more, as the one that is dialled.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, string address) => (_process, Address) = (process, address);

    /// <summary>Where it listens: an address of a node, or a port; of a <see cref="RelayedNode"/>, its relay and its DID.</summary>
    public string Address { get; }

    /// <summary>Whether it is reached through a relay.</summary>
    public bool IsRelayed => Address.Contains(' ', StringComparison.Ordinal);

    /// <summary>What a node dials that <see cref="FirnNodes.StartForAsync"/> has made.</summary>
    public string DialledAt => Address.Split(' ')[0];

    /// <param name="kind">One of those that <see cref="Serving"/> knows.</param>
    /// <param name="interval">Ping interval in milliseconds.</param>
    public static async Task<ServerProcess> StartAsync(string kind, int interval = 15_000)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "serve", kind, interval.ToString(CultureInfo.InvariantCulture) },
            Environment = { [RawTls.AuthorityVariable] = RawTls.AuthorityText },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var address = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"The {kind} server has ended before it listened.");
        return new ServerProcess(process, address);
    }

    public async Task<Usage> MeasureAsync(bool collect)
    {
        await _process.StandardInput.WriteLineAsync(collect ? "collect" : "");
        var line = await _process.StandardOutput.ReadLineAsync();
        return JsonSerializer.Deserialize<Usage>(line ?? throw new InvalidOperationException("The server has ended."))!;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill();
        _process.Dispose();
    }
}
