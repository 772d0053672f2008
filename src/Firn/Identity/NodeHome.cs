using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Firn.Protocol;
using Firn.Unlocking;

namespace Firn.Identity;

/// <summary>
/// What one node keeps between its lives, in <c>&lt;home&gt;/nodes/&lt;name&gt;/</c>: its identity key and last incarnation. It is
/// this process's alone until <see cref="Dispose"/>; the lock goes with the process, however that ends.
/// </summary>
internal sealed class NodeHome : IDisposable
{
    private const int MaxDefaultNames = 100;
    private const int MaxIncarnationBytes = 64;

    private readonly NodeLock? _lock;

    private NodeHome(NodeName name, string? directory, NodeLock? nodeLock, ECDsa key, Incarnation incarnation)
    {
        (Name, Directory, _lock, Key, Incarnation) = (name, directory, nodeLock, key, incarnation);
        Did = LeafProfile.DidOf(key);
    }

    public NodeName Name { get; }

    public Did Did { get; }

    /// <summary>The identity key, P-256. It belongs to this object.</summary>
    public ECDsa Key { get; }

    /// <summary>The incarnation of this life; on the disk before anybody can see it.</summary>
    public Incarnation Incarnation { get; }

    /// <summary>The node's directory; null for an ephemeral one.</summary>
    public string? Directory { get; }

    /// <summary>How the key took the place of earlier ones.</summary>
    public RotationChain Rotations { get; private init; } = RotationChain.Empty;

    /// <summary>Whether the key lies on the disk as it is.</summary>
    public bool IsKeyExposed { get; private init; }

    /// <summary>
    /// Takes <paramref name="requested"/> (<c>name</c> or <c>name@host</c>) in <paramref name="home"/>; the first free default
    /// name when null. An encrypted identity is opened by <paramref name="unlocker"/>, or by what needs nobody to ask.
    /// </summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.NameTaken"/>: the name runs in another process, or every default one does.
    /// <see cref="FailureReason.HomeUnusable"/>: a file cannot be read or written, or is not what it should be.
    /// <see cref="FailureReason.IdentityLocked"/>: the identity is encrypted, and there is no passphrase or a wrong one.
    /// </exception>
    public static NodeHome Acquire(FirnHome home, string? requested, DateTimeOffset now, Unlocker? unlocker = null)
    {
        unlocker ??= Unlocker.Unattended;
        if (requested is not null)
        {
            var name = DefaultNames.Complete(requested);
            return TryAcquire(home, name, now, unlocker) ?? throw Taken(home, name);
        }

        var (user, host) = (DefaultNames.User(), DefaultNames.Host());
        for (int ordinal = 1; ordinal <= MaxDefaultNames; ordinal++)
        {
            if (TryAcquire(home, DefaultNames.Nth(ordinal, user, host), now, unlocker) is { } node)
                return node;
        }

        throw new FirnException(
            FailureReason.NameTaken, $"{MaxDefaultNames} nodes with default names run under {home.Path}: give this one a name.");
    }

    /// <summary>A node that keeps nothing: a fresh key, and an incarnation from the clock.</summary>
    public static NodeHome Ephemeral(string? requested, DateTimeOffset now)
    {
        var name = requested is null ? DefaultNames.Nth(1, DefaultNames.User(), DefaultNames.Host()) : DefaultNames.Complete(requested);
        return new NodeHome(name, null, null, IdentityFiles.NewKey(), Incarnation.Next(default, now));
    }

    /// <summary>The lock of a node's directory, which is made if it is not there.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>: the node runs.</exception>
    public static NodeLock Lock(FirnHome home, NodeName name) => TryLock(home, name) ?? throw Taken(home, name);

    public void Dispose()
    {
        Key.Dispose();
        _lock?.Dispose();
    }

    private static NodeLock? TryLock(FirnHome home, NodeName name)
    {
        var directory = NodeDirectory.Of(home, name);
        PrivateFiles.EnsureDirectory(home.In(NodeDirectory.Parent));
        PrivateFiles.EnsureDirectory(directory);
        if (NodeLock.TryTake(directory) is not { } nodeLock)
            return null;

        try
        {
            nodeLock.WriteOwner();
            PrivateFiles.RemoveTemporaries(directory);
            return nodeLock;
        }
        catch
        {
            nodeLock.Dispose();
            throw;
        }
    }

    private static NodeHome? TryAcquire(FirnHome home, NodeName name, DateTimeOffset now, Unlocker unlocker)
    {
        var directory = NodeDirectory.Of(home, name);
        if (TryLock(home, name) is not { } nodeLock)
            return null;

        ECDsa? key = null;
        try
        {
            var files = new IdentityFiles(name, directory);
            key = files.LoadOrCreate(unlocker, now, out var rotations);
            files.RemoveLeftover(LeafProfile.DidOf(key));
            return new NodeHome(name, directory, nodeLock, key, NextIncarnation(directory, now))
            {
                IsKeyExposed = !files.IsEncrypted,
                Rotations = rotations,
            };
        }
        catch
        {
            key?.Dispose();
            nodeLock.Dispose();
            throw;
        }
    }

    private static Incarnation NextIncarnation(string directory, DateTimeOffset now)
    {
        var path = Path.Combine(directory, "incarnation");
        var last = PrivateFiles.TryRead(path, MaxIncarnationBytes) is { } bytes ? ReadIncarnation(bytes, path) : default;
        var next = Incarnation.Next(last, now);
        PrivateFiles.Replace(path, Encoding.ASCII.GetBytes($"{next}\n"));
        return next;
    }

    private static Incarnation ReadIncarnation(byte[] bytes, string path) =>
        ulong.TryParse(bytes.AsSpan().TrimEnd((byte)'\n'), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
        && value < ulong.MaxValue
            ? new Incarnation(value)
            : throw PrivateFiles.Unusable($"{path} does not hold a number. Remove it: peers forget the old incarnation in 10 minutes.");

    private static FirnException Taken(FirnHome home, NodeName name)
    {
        var owner = NodeLock.ReadOwner(NodeDirectory.Of(home, name)) is { } process ? $"process {process}" : "another process";
        return new FirnException(
            FailureReason.NameTaken, $"{name} already runs under {home.Path}, as {owner}: stop it, or give this node another name.");
    }
}
