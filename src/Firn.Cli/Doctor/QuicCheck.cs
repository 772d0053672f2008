using Firn.Transports;

namespace Firn.Cli;

/// <summary>Whether QUIC can be spoken.</summary>
internal sealed class QuicCheck : ICheck
{
    private const string Name = "quic";

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<Finding>>([Judge(QuicSupport.IsThere)]);

    public static Finding Judge(bool isThere) => isThere
        ? Finding.Ok(Name, "libmsquic is installed")
        : Finding.Warning(Name, "libmsquic is not installed, so quic:// is not available; everything else is", QuicSupport.Sources);
}
