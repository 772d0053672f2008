using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Unlocking;

namespace Firn.Identity;

/// <summary>
/// A node's identity key in its directory: <c>identity.age</c>, encrypted with a passphrase, or <c>identity.pem</c>; and beside it its
/// <see cref="IdentityCard"/>. Both at once are what a crash leaves while one takes the other's place: then the encrypted one counts.
/// Whoever changes anything holds the node's lock.
/// </summary>
internal sealed class IdentityFiles(NodeName node, string directory, FileCalls? calls = null)
{
    private const int MaxPemBytes = 4096;
    private const int MaxForeignBytes = 64 * 1024;   // an age file of a key takes some 450 bytes

    private readonly FileCalls _calls = calls ?? FileCalls.Real;

    public NodeName Node { get; } = node;

    public string Directory { get; } = directory;

    public string EncryptedPath => Path.Combine(Directory, "identity.age");

    public string PlainPath => Path.Combine(Directory, "identity.pem");

    /// <summary>Where the key is, or would be.</summary>
    public string KeyPath => IsEncrypted ? EncryptedPath : PlainPath;

    public bool IsEncrypted => File.Exists(EncryptedPath);

    /// <summary>Whether there is a key.</summary>
    public bool HasKey => IsEncrypted || File.Exists(PlainPath);

    /// <summary>Whether the node has a key, or had one.</summary>
    public bool Exist => HasKey || File.Exists(IdentityCard.PathIn(Directory));

    public static IdentityFiles Of(FirnHome home, NodeName node) => new(node, NodeDirectory.Of(home, node));

    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The key, made when the node never had one.</summary>
    /// <exception cref="FirnException">As <see cref="Load(Unlocker, DateTimeOffset)"/>.</exception>
    public ECDsa LoadOrCreate(Unlocker unlocker, DateTimeOffset now, out RotationChain rotations)
    {
        if (Exist)
            return Load(unlocker, now, out rotations);

        rotations = RotationChain.Empty;
        var key = NewKey();
        SavePlain(key, now);
        return key;
    }

    /// <summary>The key.</summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.HomeUnusable"/>: unreadable, exposed, lost or exchanged. <see cref="FailureReason.IdentityLocked"/>:
    /// encrypted, and no passphrase or a wrong one.
    /// </exception>
    public ECDsa Load(Unlocker unlocker, DateTimeOffset now) => Load(unlocker, now, out _);

    /// <summary>The key, and how it took the place of earlier ones.</summary>
    /// <param name="unlocker">Opens it.</param>
    /// <param name="now">When the identity was made, if it has no card yet.</param>
    /// <param name="rotations">What its peers are told.</param>
    /// <param name="passphrase">Takes the passphrase that has opened it, if it is encrypted, for the caller to use and wipe.</param>
    /// <exception cref="FirnException">As <see cref="Load(Unlocker, DateTimeOffset)"/>.</exception>
    public ECDsa Load(Unlocker unlocker, DateTimeOffset now, out RotationChain rotations, SecretBuffer? passphrase = null)
    {
        var card = IdentityCard.TryRead(Directory);
        var path = KeyPath;
        using var pem = ReadEncrypted() is { } bytes ? unlocker.Open(bytes, EncryptedPath, Node, passphrase) : ReadPlain();
        if (pem is null)
        {
            throw PrivateFiles.Unusable(card is null
                ? $"{Node} has no identity in {Directory}: make one with 'firn id init'."
                : $"{path} has gone, the key of {card.Did}. Restore it, or remove {IdentityCard.PathIn(Directory)} to start as another node.");
        }

        var key = KeyPem.TryRead(pem.Bytes)
            ?? throw PrivateFiles.Unusable($"{path} does not hold an unencrypted P-256 private key in PEM: restore it from a copy.");
        var did = LeafProfile.DidOf(key);
        rotations = KeyPem.TryReadRotations(pem.Bytes, did)!;
        if (rotations is null)
        {
            key.Dispose();
            throw PrivateFiles.Unusable($"{path} holds rotations that are damaged, behind its key: restore it from a copy, or remove their blocks.");
        }

        if (card is null || rotations.Retires(card.Did))
        {
            new IdentityCard(did, now).Write(Directory, _calls);
        }
        else if (card.Did != did)
        {
            key.Dispose();
            throw PrivateFiles.Unusable(
                $"{path} holds the key of {did}, but this node was {card.Did}. Restore its key, or remove {IdentityCard.PathIn(Directory)} to start as another node.");
        }

        return key;
    }

    /// <summary>Makes <paramref name="key"/> the node's, encrypted. At every moment the one before or this one can be loaded.</summary>
    /// <param name="key">A P-256 key; the one that the node had, if it had one.</param>
    /// <param name="passphrase">UTF-8.</param>
    /// <param name="now">When the identity was made, if it has no card yet.</param>
    /// <param name="workFactor">The price of each attempt at the passphrase; less than usual in tests only.</param>
    /// <param name="rotations">How it took the place of earlier keys.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: it cannot be written.</exception>
    public void SaveEncrypted(
        ECDsa key, ReadOnlySpan<byte> passphrase, DateTimeOffset now, int workFactor = AgeScrypt.UsualWorkFactor, RotationChain? rotations = null)
    {
        using var pem = KeyPem.Write(key, rotations);
        Adopt(Encrypt(pem.Bytes, passphrase, workFactor), LeafProfile.DidOf(key), now);
    }

    /// <summary>As <see cref="SaveEncrypted"/>, the file given that was opened; <paramref name="did"/> is the one of the key in it.</summary>
    public void Adopt(ReadOnlySpan<byte> ageFile, Did did, DateTimeOffset now)
    {
        PrivateFiles.Replace(EncryptedPath, ageFile, _calls);
        EnsureCard(did, now);
        RemoveLeftover(did);
    }

    /// <summary>As <see cref="SaveEncrypted"/>, without a passphrase.</summary>
    public void SavePlain(ECDsa key, DateTimeOffset now, RotationChain? rotations = null)
    {
        using var pem = KeyPem.Write(key, rotations);
        PrivateFiles.Replace(PlainPath, pem.Bytes, _calls);
        EnsureCard(LeafProfile.DidOf(key), now);
        if (IsEncrypted)
            PrivateFiles.DeleteForGood(EncryptedPath, _calls);
    }

    /// <summary>
    /// Puts a new key in the place of the node's, under the same passphrase if it has one. Key and statement are one file, which is replaced
    /// at once: before, the old key is the node's and nobody has heard of another; after it the new one is, and the old one is gone.
    /// </summary>
    /// <exception cref="FirnException">As <see cref="Load(Unlocker, DateTimeOffset)"/>; then nothing has changed.</exception>
    public RotationStatement Rotate(Unlocker unlocker, DateTimeOffset now, int workFactor = AgeScrypt.UsualWorkFactor)
    {
        using var passphrase = new SecretBuffer(PassphraseSource.MaxBytes);
        using var old = Load(unlocker, now, out var rotations, passphrase);
        RemoveLeftover(LeafProfile.DidOf(old));
        using var key = NewKey();
        var statement = RotationStatement.Sign(old, key, now);
        if (IsEncrypted)
            SaveEncrypted(key, passphrase.Bytes, now, workFactor, rotations.Append(statement));
        else
            SavePlain(key, now, rotations.Append(statement));
        return statement;
    }

    /// <summary>Ends what a crash has left half done: an unencrypted key beside the encrypted one.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: it is another key.</exception>
    public void RemoveLeftover(Did did)
    {
        if (!IsEncrypted || !File.Exists(PlainPath))
            return;

        using var pem = ReadPlain();
        using var key = pem is null ? null : KeyPem.TryRead(pem.Bytes);
        if (key is null || LeafProfile.DidOf(key) != did)
            throw PrivateFiles.Unusable($"{PlainPath} lies beside {EncryptedPath} but does not hold the same key: move away the one that is not the node's.");
        PrivateFiles.DeleteForGood(PlainPath, _calls);
    }

    /// <summary>The age file as it is; null when the key is not encrypted.</summary>
    public byte[]? ReadEncrypted() => PrivateFiles.TryReadSecret(EncryptedPath, MaxForeignBytes);

    /// <summary>A key from elsewhere, pinned; whether others can read it is not this node's matter.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: not there, not readable or far too large.</exception>
    public static byte[] ReadForeign(string path) => PrivateFiles.TryReadSecret(path, MaxForeignBytes, othersMayRead: true)
        ?? throw PrivateFiles.Unusable($"{path} does not exist.");

    /// <summary>As <see cref="ReadForeign(string)"/>, from a stream to its end.</summary>
    public static byte[] ReadForeign(Stream stream, string name)
    {
        using var buffer = new SecretBuffer(MaxForeignBytes + 1);
        buffer.Length = stream.ReadAtLeast(buffer.Room, buffer.Room.Length, throwOnEndOfStream: false);
        return buffer.Length <= MaxForeignBytes
            ? SecretBuffer.Pinned(buffer.Bytes)
            : throw PrivateFiles.Unusable($"{name} holds more than the {MaxForeignBytes} bytes expected of a key.");
    }

    /// <summary>The age file of <paramref name="pem"/>.</summary>
    public static byte[] Encrypt(ReadOnlySpan<byte> pem, ReadOnlySpan<byte> passphrase, int workFactor = AgeScrypt.UsualWorkFactor)
    {
        if (passphrase.IsEmpty)
            throw new ArgumentException("An empty passphrase protects nothing.", nameof(passphrase));
        Unlocker.RequireCipher();
        using var random = new SecretBuffer(AgeFile.RandomLength);
        RandomNumberGenerator.Fill(random.Room);
        return AgeFile.Encrypt(pem, passphrase, workFactor, random.Room);
    }

    private void EnsureCard(Did did, DateTimeOffset now)
    {
        if (IdentityCard.TryRead(Directory)?.Did != did)
            new IdentityCard(did, now).Write(Directory, _calls);
    }

    private SecretBuffer? ReadPlain() => PrivateFiles.TryReadSecret(PlainPath, MaxPemBytes) is { } pem ? new SecretBuffer(pem) : null;
}
