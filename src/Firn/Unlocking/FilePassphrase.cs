using Firn.Identity;

namespace Firn.Unlocking;

/// <summary>A passphrase in a file: all of it but one newline at its end.</summary>
internal sealed class FilePassphrase : PassphraseSource
{
    private readonly string? _path;
    private readonly bool _isPrivate;

    private FilePassphrase(string name, string? path, string? whyNot, bool isPrivate) =>
        (Name, _path, WhyNot, _isPrivate) = (path is null ? name : $"{name} ({path})", path, whyNot, isPrivate);

    public override string Name { get; }

    public override string? WhyNot { get; }

    /// <summary>The systemd credential; systemd sees to it that nobody else reads it, by means that its mode does not show.</summary>
    public static FilePassphrase Credential(string? directory)
    {
        var path = string.IsNullOrEmpty(directory) ? null : Path.Combine(directory, CredentialName);
        return new FilePassphrase(
            $"the systemd credential {CredentialName}",
            path,
            path is null ? "CREDENTIALS_DIRECTORY is not set" : File.Exists(path) ? null : "it is not there",
            isPrivate: false);
    }

    /// <summary>The file that a user named, which must be there and this user's alone.</summary>
    public static FilePassphrase Named(string? path)
    {
        bool isSet = !string.IsNullOrEmpty(path);
        return new FilePassphrase($"the file of {FileVariable}", isSet ? path : null, isSet ? null : "not set", isPrivate: true);
    }

    public override int Read(PassphraseRequest request, Span<byte> passphrase)
    {
        var bytes = PrivateFiles.TryReadSecret(_path!, MaxBytes, othersMayRead: !_isPrivate)
            ?? throw PrivateFiles.Unusable($"{_path} does not exist: expected {Name} to hold the passphrase of {request.Path}.");
        using var secret = new SecretBuffer(bytes);
        var text = secret.Bytes;
        if (text is [.., (byte)'\n'])
            text = text is [.., (byte)'\r', (byte)'\n'] ? text[..^2] : text[..^1];
        if (text.IsEmpty)
            throw PrivateFiles.Unusable($"{_path} is empty: expected {Name} to hold the passphrase of {request.Path}.");
        text.CopyTo(passphrase);
        return text.Length;
    }
}
