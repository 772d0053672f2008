using System.Runtime.Versioning;

// The tests of file modes, sockets' paths and processes are for Unix.
[assembly: UnsupportedOSPlatform("windows")]

namespace Firn.Tests.Identity;

/// <summary>A directory that goes with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("firn-test-").FullName;

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
