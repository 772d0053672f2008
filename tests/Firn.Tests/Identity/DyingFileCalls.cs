using Firn.Identity;

namespace Firn.Tests.Identity;

/// <summary>
/// A process that dies before the call of this number: neither it nor any later one happens, clean-up included. A write that it dies in
/// has written the first half.
/// </summary>
internal sealed class DyingFileCalls(int survives, bool tearsWrites) : FileCalls
{
    private int _calls;

    /// <summary>Whether it has come to that.</summary>
    public bool IsDead => _calls > survives;

    public override FileStream Create(string path)
    {
        Next();
        return base.Create(path);
    }

    public override void Write(FileStream file, ReadOnlySpan<byte> content)
    {
        if (tearsWrites && _calls == survives)
            base.Write(file, content[..(content.Length / 2)]);
        Next();
        base.Write(file, content);
    }

    public override void Sync(FileStream file)
    {
        Next();
        base.Sync(file);
    }

    public override void Rename(string path, string over)
    {
        Next();
        base.Rename(path, over);
    }

    public override bool TryRenameToNew(string path, string name)
    {
        Next();
        return base.TryRenameToNew(path, name);
    }

    public override void SyncDirectory(string path)
    {
        Next();
        base.SyncDirectory(path);
    }

    public override void Delete(string path)
    {
        Next();
        base.Delete(path);
    }

    private void Next()
    {
        if (_calls++ >= survives)
            throw new DeadException();
    }
}

internal sealed class DeadException : Exception;
