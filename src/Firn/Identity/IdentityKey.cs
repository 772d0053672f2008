using System.Security.Cryptography;
using System.Text;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>
/// A node's identity key on the disk: <c>identity.pem</c> (PKCS#8, P-256, RFC 5958), and beside it <c>did</c>, its public half, so
/// that a key that was lost or exchanged is noticed instead of quietly making the node a stranger to its peers.
/// </summary>
internal static class IdentityKey
{
    private const int MaxPemBytes = 4096;
    private const int MaxDidBytes = 128;

    public static ECDsa Create() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The key in <paramref name="directory"/>, made when the node never had one.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: unreadable, exposed, lost or exchanged.</exception>
    public static ECDsa LoadOrCreate(string directory)
    {
        var path = Path.Combine(directory, "identity.pem");
        var didPath = Path.Combine(directory, "did");
        var known = PrivateFiles.TryRead(didPath, MaxDidBytes) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd() : null;

        var pem = PrivateFiles.TryReadSecret(path, MaxPemBytes);
        if (pem is null && known is not null)
            throw PrivateFiles.Unusable($"{path} has gone, the key of {known}. Restore it, or remove {didPath} to start as another node.");

        var key = pem is null ? CreateAt(path) : Read(pem, path);
        var did = LeafProfile.DidOf(key).ToString();
        if (known is null)
        {
            PrivateFiles.Replace(didPath, Encoding.ASCII.GetBytes(did + "\n"));
        }
        else if (known != did)
        {
            key.Dispose();
            throw PrivateFiles.Unusable(
                $"{path} holds the key of {did}, but this node was {known}. Restore its key, or remove {didPath} to start as another node.");
        }

        return key;
    }

    private static ECDsa CreateAt(string path)
    {
        var key = Create();
        var pem = key.ExportPkcs8PrivateKeyPem().AsSpan();
        var bytes = Encoding.ASCII.GetBytes([.. pem, '\n']);
        PrivateFiles.Replace(path, bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    private static ECDsa Read(byte[] pem, string path)
    {
        var text = new char[pem.Length];
        var key = ECDsa.Create();
        try
        {
            int length = Encoding.UTF8.GetChars(pem, text);
            key.ImportFromPem(text.AsSpan(0, length));
            _ = LeafProfile.DidOf(key);
            _ = key.SignHash(stackalloc byte[SHA256.HashSizeInBytes]);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new FirnException(
                FailureReason.HomeUnusable, $"{path} does not hold an unencrypted P-256 private key in PEM: restore it from a copy.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
            Array.Clear(text);
        }
    }
}
