using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Firn.AspNetCore;

/// <summary>
/// The certificate of <c>wss</c>: that of PEM files, read again when they change, or one made here. Nodes do not check it; what stands between
/// them may.
/// </summary>
internal sealed partial class ServerCertificate : IDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5), CheckInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string? _certificateFile;
    private readonly string? _keyFile;
    private X509Certificate2 _certificate;
    private SslServerAuthenticationOptions _options;
    private DateTime _written;
    private long _checkedAt;

    private ServerCertificate(string? certificateFile, string? keyFile, NodeOptions options)
    {
        (_certificateFile, _keyFile, _time) = (certificateFile, keyFile, options.TimeProvider);
        _logger = options.LoggerFactory.CreateLogger("Firn.WebSockets");
        _checkedAt = _time.GetTimestamp();
        _written = WrittenAt();
        (_certificate, _options) = Load();
    }

    /// <summary>What Kestrel is given.</summary>
    public TlsHandshakeCallbackOptions Options => new()
    {
        OnConnection = _ => new ValueTask<SslServerAuthenticationOptions>(Current()),
        HandshakeTimeout = HandshakeTimeout,
    };

    /// <param name="certificateFile">A certificate, and those that signed it if they are to be sent; null to make one.</param>
    /// <param name="keyFile">Its key; that file as well if null.</param>
    /// <param name="options">Those of the node.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: the files cannot be used.</exception>
    public static ServerCertificate Open(string? certificateFile, string? keyFile, NodeOptions options)
    {
        try
        {
            return new ServerCertificate(certificateFile, keyFile, options);
        }
        catch (Exception e) when (IsBadFile(e))
        {
            throw new FirnException(
                FailureReason.InvalidInput,
                $"The certificate for wss cannot be read from {certificateFile}{(keyFile is null ? "" : $" and {keyFile}")}: {e.Message.TrimEnd('.')}. "
                + "Expected PEM: a certificate and its key, not encrypted.",
                e);
        }
    }

    public void Dispose() => _certificate.Dispose();

    /// <summary>A file that is half written, or gone, is looked at again a minute later.</summary>
    private SslServerAuthenticationOptions Current()
    {
        lock (_gate)
        {
            if (_certificateFile is null || _time.GetElapsedTime(_checkedAt) < CheckInterval)
                return _options;

            _checkedAt = _time.GetTimestamp();
            try
            {
                var written = WrittenAt();
                if (written != _written)
                {
                    (_certificate, _options) = Load();   // the old one may still be in use, and goes with its last connection
                    _written = written;
                }
            }
            catch (Exception e) when (IsBadFile(e))
            {
                LogNotRenewed(_certificateFile, e.Message);
            }

            return _options;
        }
    }

    private DateTime WrittenAt() => _certificateFile is null ? default : File.GetLastWriteTimeUtc(_certificateFile);

    private (X509Certificate2 Certificate, SslServerAuthenticationOptions Options) Load()
    {
        var chain = new X509Certificate2Collection();
        X509Certificate2 certificate;
        if (_certificateFile is null)
        {
            certificate = SelfSigned(_time.GetUtcNow());
        }
        else
        {
            certificate = X509Certificate2.CreateFromPemFile(_certificateFile, _keyFile);
            chain.ImportFromPemFile(_certificateFile);
        }

        return (certificate, new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        });
    }

    private static X509Certificate2 SelfSigned(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=firn", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
    }

    private static bool IsBadFile(Exception e) => e is CryptographicException or IOException or UnauthorizedAccessException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate of wss in {File} has changed and cannot be read; the old one stays: {Why}")]
    private partial void LogNotRenewed(string file, string why);
}
