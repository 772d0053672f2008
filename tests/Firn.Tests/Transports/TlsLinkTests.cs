using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Firn.Transports;

namespace Firn.Tests.Transports;

public sealed class TlsLinkTests : TcpFixture
{
    [Fact]
    public async Task Each_end_of_a_link_sees_the_leaf_that_the_other_presented()
    {
        var (dialled, accepted) = await LinkAsync();
        await using var _ = dialled;
        await using var __ = accepted;

        dialled.Remote.LeafDer.ToArray().ShouldBe(Leaves.Beta.Der.ToArray());
        accepted.Remote.LeafDer.ToArray().ShouldBe(Leaves.Alpha.Der.ToArray());
        dialled.Remote.ExtraCertificates.ShouldBe(0);
        accepted.Remote.ExtraCertificates.ShouldBe(0);
        dialled.Local.ShouldBeSameAs(Leaves.Alpha);
        accepted.Local.ShouldBeSameAs(Leaves.Beta);
        (dialled.IsInitiator, accepted.IsInitiator).ShouldBe((true, false));
        ((SslStream)dialled.Stream).SslProtocol.ShouldBe(SslProtocols.Tls13);
    }

    [Fact]
    public async Task Bytes_go_both_ways()
    {
        var (dialled, accepted) = await LinkAsync();
        await using var _ = dialled;
        await using var __ = accepted;

        await EchoAsync(dialled.Stream, accepted.Stream);
        await EchoAsync(accepted.Stream, dialled.Stream);
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_seen_to_have_none()
    {
        var (link, _) = await RawClientAsync(Options());
        await using (link)
            (link.Remote.LeafDer.IsEmpty, link.Remote.ExtraCertificates).ShouldBe((true, 0));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public async Task Certificates_beyond_the_leaf_are_counted_on_the_accepting_end(int sent, int extra)
    {
        var options = Options();
        options.ClientCertificateContext = ForeignCertificates.Chain(sent);
        var (link, _) = await RawClientAsync(options);
        await using (link)
        {
            link.Remote.ExtraCertificates.ShouldBe(extra);
            link.Remote.LeafDer.ToArray().ShouldBe(options.ClientCertificateContext.TargetCertificate.RawData);
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public async Task Certificates_beyond_the_leaf_are_counted_on_the_dialling_end(int sent, int extra)
    {
        var context = ForeignCertificates.Chain(sent);
        var dialling = await DialRawServerAsync(context, [TlsOptions.Protocol], SslProtocols.Tls13);
        await using var link = await dialling;

        link.Remote.ExtraCertificates.ShouldBe(extra);
        link.Remote.LeafDer.ToArray().ShouldBe(context.TargetCertificate.RawData);
    }

    [Fact]
    public async Task A_client_of_TLS_1_2_is_refused()
    {
        var options = Options();
        options.EnabledSslProtocols = SslProtocols.Tls12;
        await RefusedAsync(options);
    }

    [Fact]
    public async Task A_client_without_the_protocols_name_is_refused()
    {
        var options = Options();
        options.ApplicationProtocols = null;
        await RefusedAsync(options);

        options.ApplicationProtocols = [SslApplicationProtocol.Http2];
        await RefusedAsync(options);
    }

    [Fact]
    public async Task A_TLS_server_that_is_no_Firn_is_recognised()
    {
        var context = ForeignCertificates.Chain(1);

        await NotFirnAsync(await DialRawServerAsync(context, null, SslProtocols.Tls13));
        await NotFirnAsync(await DialRawServerAsync(context, [SslApplicationProtocol.Http11], SslProtocols.Tls13));
        await NotFirnAsync(await DialRawServerAsync(context, [TlsOptions.Protocol], SslProtocols.Tls12));

        static async Task NotFirnAsync(Task<ILink> dialling) =>
            (await Should.ThrowAsync<FirnException>(dialling)).Reason.ShouldBe(FailureReason.NotFirn);
    }

    [Fact]
    public async Task A_strangers_certificate_makes_neither_end_fetch_anything()
    {
        using var trap = new TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)trap.LocalEndpoint).Port}/issuer.cer";
        var context = ForeignCertificates.Chain(1, new X509AuthorityInformationAccessExtension([url], [url]));
        var options = Options();
        options.ClientCertificateContext = context;

        var (accepted, _) = await RawClientAsync(options);
        await using var __ = accepted;
        await using var dialled = await await DialRawServerAsync(context, [TlsOptions.Protocol], SslProtocols.Tls13);

        accepted.Remote.LeafDer.ToArray().ShouldBe(context.TargetCertificate.RawData);
        dialled.Remote.LeafDer.ToArray().ShouldBe(context.TargetCertificate.RawData);
        trap.Pending().ShouldBeFalse();
    }

    [Fact]
    public async Task An_abort_cuts_both_ends_at_once_from_any_thread_and_more_than_once()
    {
        var (dialled, accepted) = await LinkAsync();
        var reading = EndsAsync(dialled.Stream);
        var remoteReading = EndsAsync(accepted.Stream);

        Parallel.For(0, 8, _ => dialled.Abort());

        (await reading).ShouldBeFalse();
        (await remoteReading).ShouldBeFalse();
        await dialled.DisposeAsync();
        dialled.Abort();
        await dialled.DisposeAsync();
        await accepted.DisposeAsync();
    }

    private async Task<(ILink Dialled, ILink Accepted)> LinkAsync()
    {
        var dialling = Tcp.DialAsync(Listener.Bound, Leaves.Alpha, Ceiling).AsTask();
        var accepted = await AcceptAsync();
        return (await dialling, accepted);
    }

    private async Task EchoAsync(Stream from, Stream to)
    {
        var sent = new byte[100_000];
        Random.Shared.NextBytes(sent);
        var received = new byte[sent.Length];
        var writing = from.WriteAsync(sent, Ceiling);
        await to.ReadExactlyAsync(received, Ceiling);
        await writing;
        received.ShouldBe(sent);
    }

    private async Task<(ILink Link, SslStream Client)> RawClientAsync(SslClientAuthenticationOptions options)
    {
        var client = await ConnectAsync();
        var tls = new SslStream(client);
        var authenticating = tls.AuthenticateAsClientAsync(options, Ceiling);
        var link = await AcceptAsync();
        await authenticating;
        return (link, tls);
    }

    private async Task RefusedAsync(SslClientAuthenticationOptions options)
    {
        using var client = await ConnectAsync();
        await using var tls = new SslStream(client);
        var authenticating = tls.AuthenticateAsClientAsync(options, Ceiling);

        (await RefusalOfNextAsync()).Reason.ShouldBe(FailureReason.NotFirn);

        try
        {
            await authenticating;   // under TLS 1.3 a client learns later that it was refused
            await EndsAsync(tls);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // It learnt it now.
        }
    }

    /// <summary>Dials a server made of SslStream with these settings; the inner task is the dial.</summary>
    private async Task<Task<ILink>> DialRawServerAsync(
        SslStreamCertificateContext context, List<SslApplicationProtocol>? protocols, SslProtocols versions)
    {
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        var address = NodeAddress.Create("tcp", "127.0.0.1", ((IPEndPoint)listening.LocalEndpoint).Port);
        var dialling = Tcp.DialAsync(address, Leaves.Alpha, Ceiling).AsTask();
        var tls = new SslStream((await listening.AcceptTcpClientAsync(Ceiling)).GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = context,
                    ApplicationProtocols = protocols,
                    EnabledSslProtocols = versions,
                },
                Ceiling);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await tls.DisposeAsync();
        }

        return dialling;
    }

    private static SslClientAuthenticationOptions Options() => new()
    {
        TargetHost = "",
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = [TlsOptions.Protocol],
        RemoteCertificateValidationCallback = new PresentedCertificates(isInitiator: true).Record,
    };
}
