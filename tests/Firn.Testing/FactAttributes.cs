using Xunit;

namespace Firn.Testing;

/// <summary>A test that needs these programs; skipped where one is missing, except in CI, where it fails.</summary>
internal sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] programs) => Skip = Prerequisites.MissingTools(programs);
}

/// <summary>A test in network namespaces, which may need some programs as well; skipped where it cannot run.</summary>
internal sealed class NamespaceFactAttribute : FactAttribute
{
    public NamespaceFactAttribute(params string[] programs) =>
        Skip = Prerequisites.MissingForNamespaces() ?? Prerequisites.MissingTools(programs);
}

/// <summary>A test that mounts a file system where only its own child sees it; skipped where it cannot run.</summary>
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = Prerequisites.MissingForMounts();
}
