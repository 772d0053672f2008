using System.CommandLine;
using System.Security.Cryptography;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn id cert</c>: the identity as a certificate, for tools that verify by a chain.</summary>
internal static class IdCertCommand
{
    private const int SerialLength = 16;

    public static Command Create(IdOptions options)
    {
        var command = new ExampledCommand(
            "cert",
            "Print the identity as a certificate, under which every leaf of the node verifies; signed anew each time, so an encrypted key asks for its passphrase",
            "firn id cert > node.pem",
            "openssl s_client -alpn firn/1 -CAfile node.pem -verify_return_error -connect HOST:3476");
        command.SetAction((parsed, stop) =>
        {
            var files = options.Choose(FirnHome.Open(), parsed);
            using var key = files.Load(ToolPassphrases.Unlocker(stop), DateTimeOffset.UtcNow);
            var serial = RandomNumberGenerator.GetBytes(SerialLength);
            string pem = PemEncoding.WriteString("CERTIFICATE", CredentialIssuer.IssueIdentityCertificate(key, serial, DateTimeOffset.UtcNow));

            var output = parsed.InvocationConfiguration.Output;
            var record = IdOptions.RecordOf(files, IdentityCard.TryRead(files.Directory)!) with { Certificate = pem };
            if (options.IsJson(parsed))
                JsonLines.Write(output, record, CliJson.Default.IdRecord);
            else
                output.WriteLine(pem);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
