using System.Security.Cryptography;
using System.Text;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>
/// A P-256 private key as PKCS#8 in PEM (RFC 5958, RFC 7468), in pinned memory; and behind it, in blocks that stock tools pass over, the
/// rotations by which it took the place of earlier ones. Being one file they change at once, and an exported key keeps them.
/// </summary>
internal static class KeyPem
{
    private const string Label = "PRIVATE KEY";
    private const string RotationLabel = "FIRN ROTATION";
    private const int MaxDer = 512;   // a P-256 key has 138 bytes

    /// <summary>The text with a newline at its end.</summary>
    public static SecretBuffer Write(ECDsa key, RotationChain? rotations = null)
    {
        var blocks = (rotations ?? RotationChain.Empty).Statements
            .SelectMany(static s => Encoding.ASCII.GetBytes($"{PemEncoding.WriteString(RotationLabel, s.Bytes)}\n")).ToArray();
        var der = GC.AllocateArray<byte>(MaxDer, pinned: true);
        var text = GC.AllocateArray<char>(PemEncoding.GetEncodedSize(Label.Length, MaxDer), pinned: true);
        try
        {
            if (!key.TryExportPkcs8PrivateKey(der, out int derLength))
                throw new CryptographicException("A P-256 key does not fit.");
            int length = PemEncoding.TryWrite(Label, der.AsSpan(0, derLength), text, out int written) ? written : 0;
            text[length] = '\n';
            var pem = new SecretBuffer(length + 1 + blocks.Length);
            int keyLength = Encoding.ASCII.GetBytes(text.AsSpan(0, length + 1), pem.Room);
            blocks.CopyTo(pem.Room[keyLength..]);
            pem.Length = keyLength + blocks.Length;
            return pem;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
            Array.Clear(text);
        }
    }

    /// <summary>The rotations behind the key of <paramref name="did"/>; null when they are not genuine ones that lead to it.</summary>
    public static RotationChain? TryReadRotations(ReadOnlySpan<byte> pem, Did did)
    {
        var text = GC.AllocateArray<char>(pem.Length, pinned: true);
        try
        {
            var statements = new List<ReadOnlyMemory<byte>>();
            ReadOnlySpan<char> rest = text.AsSpan(0, Encoding.UTF8.GetChars(pem, text));
            while (PemEncoding.TryFind(rest, out var fields))
            {
                if (rest[fields.Label].SequenceEqual(RotationLabel))
                {
                    var statement = new byte[fields.DecodedDataLength];
                    Convert.TryFromBase64Chars(rest[fields.Base64Data], statement, out _);
                    statements.Add(statement);
                }

                rest = rest[fields.Location.End..];
            }

            return RotationChain.TryRead(statements, did, out var chain, out _) && chain.IsGenuine ? chain : null;
        }
        finally
        {
            Array.Clear(text);
        }
    }

    /// <summary>Reads the key in <paramref name="pem"/>; null when it holds none, another kind, or only a public one.</summary>
    public static ECDsa? TryRead(ReadOnlySpan<byte> pem)
    {
        var text = GC.AllocateArray<char>(pem.Length, pinned: true);
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
            return null;
        }
        finally
        {
            Array.Clear(text);
        }
    }
}
