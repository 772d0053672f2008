#pragma warning disable CA1416 // All of it is skipped where QUIC is missing.
#pragma warning disable CA5359 // What a stranger accepts is its own affair.
using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using Firn.Testing;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Tests.Transports;

/// <summary>What is QUIC's own; all that it has in common with other transports is in the suites.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls DisposeAsync")]
public sealed class QuicTransportTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _ceiling = new(EventLog.Ceiling);
    private readonly QuicTransport _quic = new(new QuicOptions(), TimeProvider.System, NullLogger.Instance);
    private ITransportListener _listener = null!;

    public async Task InitializeAsync()
    {
        Skip.If(Prerequisites.MissingQuic() is not null, Prerequisites.MissingQuic());
        _listener = await _quic.ListenAsync(NodeAddress.Parse("quic://127.0.0.1:0"), _ceiling.Token);
    }

    public async Task DisposeAsync()
    {
        await (_listener?.DisposeAsync() ?? ValueTask.CompletedTask);
        _ceiling.Dispose();
    }

    [SkippableTheory]
    [InlineData("127.0.0.1:0", "127.0.0.1")]
    [InlineData("[::1]:0", "[::1]")]
    [InlineData("127.0.0.1:0", "localhost")]   // where that is [::1] first, the next is tried
    [InlineData("0.0.0.0:0", "127.0.0.1")]
    [InlineData("[::]:0", "127.0.0.1")]
    [InlineData("[::]:0", "[::1]")]
    public async Task Both_families_can_be_listened_on_and_dialled(string listen, string dial)
    {
        await using var listener = await _quic.ListenAsync(NodeAddress.Parse("quic://" + listen), _ceiling.Token);
        listener.Bound.Port.ShouldBeGreaterThan(0);
        listener.Bound.Host.ShouldBe(listen[..^2]);

        var accepting = AcceptAsync(listener);
        await using var dialled = await DialAsync(NodeAddress.Create("quic", dial, listener.Bound.Port));
        await using var accepted = await accepting;

        accepted.RemoteEndPoint!.Address.IsIPv4MappedToIPv6.ShouldBeFalse();
        IPAddress.IsLoopback(accepted.RemoteEndPoint.Address).ShouldBeTrue();
        dialled.RemoteEndPoint!.Port.ShouldBe(listener.Bound.Port);
        (dialled.Transport, accepted.Transport).ShouldBe(("quic", "quic"));
        (dialled.IsInitiator, accepted.IsInitiator).ShouldBe((true, false));
        dialled.Remote.LeafDer.ToArray().ShouldBe(Leaves.Beta.Der.ToArray());
        accepted.Remote.LeafDer.ToArray().ShouldBe(Leaves.Alpha.Der.ToArray());
        (dialled.Remote.ExtraCertificates, accepted.Remote.ExtraCertificates).ShouldBe((0, 0));
    }

    [SkippableFact]
    public async Task A_port_that_is_taken_is_said_to_be()
    {
        var error = await Should.ThrowAsync<FirnException>(async () => await _quic.ListenAsync(_listener.Bound, _ceiling.Token));

        error.Reason.ShouldBe(FailureReason.CannotListen);
        error.Message.ShouldContain(_listener.Bound.ToString());
        ListenFailure.IsPortTaken(error).ShouldBeTrue();
    }

    [SkippableTheory]
    [InlineData("192.0.2.1:0", "no interface")]
    [InlineData("no-such-host.invalid:0", "does not resolve")]
    public async Task An_address_of_another_machine_cannot_be_listened_on(string address, string why)
    {
        var error = await Should.ThrowAsync<FirnException>(async () => await _quic.ListenAsync(NodeAddress.Parse("quic://" + address), _ceiling.Token));

        error.Reason.ShouldBe(FailureReason.CannotListen);
        error.Message.ShouldContain(why);
    }

    [SkippableFact]
    public async Task Dialling_where_nothing_listens_says_so()
    {
        var address = _listener.Bound;
        await _listener.DisposeAsync();

        var error = await Should.ThrowAsync<FirnException>(DialAsync(address));

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("nothing listens there");
    }

    [SkippableFact]
    public async Task A_dialler_can_give_up_on_a_silent_port()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var cancel = new CancellationTokenSource();
        var dialling = _quic.DialAsync(
            NodeAddress.Create("quic", "127.0.0.1", ((IPEndPoint)silent.LocalEndPoint!).Port), Leaves.Alpha, cancel.Token).AsTask();
        await silent.ReceiveAsync(new byte[2000], _ceiling.Token);   // its first packet

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(dialling);
    }

    [SkippableFact]
    public async Task A_dial_can_come_from_a_chosen_address()
    {
        var quic = new QuicTransport(new QuicOptions { DialFrom = IPAddress.Parse("127.0.3.7") }, TimeProvider.System, NullLogger.Instance);
        using var cancel = new CancellationTokenSource();
        var dialling = quic.DialAsync(_listener.Bound, Leaves.Alpha, cancel.Token).AsTask();

        using var pending = await _listener.AcceptAsync(_ceiling.Token);
        pending.Origin.ShouldBe("127.0.3.7");
        pending.Pool.ShouldBe(StrangerPool.Direct);

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(dialling);
    }

    [SkippableFact]
    public async Task A_listener_that_is_too_busy_for_the_moment_is_asked_again()
    {
        await using var busy = await RawServerAsync("firn/1", Leaves.Beta.Context, backlog: 1);
        await using var first = await QuicConnection.ConnectAsync(RawClient(busy.LocalEndPoint.Port), _ceiling.Token);
        var time = new PauseWatch();
        var quic = new QuicTransport(new QuicOptions(), time, NullLogger.Instance);

        var dialling = quic.DialAsync(AddressOf(busy), Leaves.Alpha, _ceiling.Token).AsTask();
        await Task.WhenAny(time.Paused, dialling);
        dialling.IsCompleted.ShouldBeFalse("it was refused, and gave up");
        await using var taken = await busy.AcceptConnectionAsync(_ceiling.Token);
        var serving = ServeAsync(busy);

        await using var dialled = await dialling;
        await (await serving).DisposeAsync();
    }

    [SkippableFact]
    public async Task A_listener_that_stays_too_busy_is_said_to_be()
    {
        await using var busy = await RawServerAsync("firn/1", Leaves.Beta.Context, backlog: 1);
        await using var first = await QuicConnection.ConnectAsync(RawClient(busy.LocalEndPoint.Port), _ceiling.Token);

        var error = await Should.ThrowAsync<FirnException>(DialAsync(AddressOf(busy)));

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("too busy");
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Certificates_beyond_the_leaf_are_counted_at_both_ends(int sent)
    {
        var chain = ForeignCertificates.Chain(sent);
        var options = RawClient(_listener.Bound.Port);
        options.ClientAuthenticationOptions.ClientCertificateContext = chain;
        var accepting = AcceptAsync(_listener);
        await using var client = await QuicConnection.ConnectAsync(options, _ceiling.Token);
        await using var accepted = await accepting;
        accepted.Remote.ExtraCertificates.ShouldBe(sent - 1);
        accepted.Remote.LeafDer.ToArray().ShouldBe(chain.TargetCertificate.RawData);

        await using var server = await RawServerAsync("firn/1", chain);
        var serving = ServeAsync(server);
        await using var dialled = await DialAsync(AddressOf(server));
        dialled.Remote.ExtraCertificates.ShouldBe(sent - 1);
        await (await serving).DisposeAsync();
    }

    [SkippableFact]
    public async Task A_server_of_another_protocol_is_no_Firn()
    {
        await using var server = await RawServerAsync("h3", Leaves.Beta.Context);

        var error = await Should.ThrowAsync<FirnException>(DialAsync(AddressOf(server)));

        error.Reason.ShouldBe(FailureReason.NotFirn);
        error.Message.ShouldContain("ALPN firn/1");
    }

    [SkippableFact]
    public async Task Whoever_fails_in_its_handshake_is_told_from_those_who_are_in_theirs()
    {
        var options = RawClient(_listener.Bound.Port);
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => false;
        var failing = QuicConnection.ConnectAsync(options, _ceiling.Token).AsTask();
        using var first = await _listener.AcceptAsync(_ceiling.Token);
        var other = DialAsync(_listener.Bound);
        using var second = await _listener.AcceptAsync(_ceiling.Token);

        var refused = await Should.ThrowAsync<FirnException>(first.SecureAsync(Leaves.Beta, _ceiling.Token).AsTask());
        await using var accepted = await GreetAsync(second);

        refused.Reason.ShouldBeOneOf(FailureReason.NotFirn, FailureReason.ConnectionLost);
        await Should.ThrowAsync<Exception>(failing);
        await using var dialled = await other;
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_leaves_before_or_while_it_is_secured_is_noticed(bool isSecuring)
    {
        using var cancel = new CancellationTokenSource();
        var dialling = _quic.DialAsync(_listener.Bound, Leaves.Alpha, cancel.Token).AsTask();
        using var pending = await _listener.AcceptAsync(_ceiling.Token);
        var securing = isSecuring ? pending.SecureAsync(Leaves.Beta, _ceiling.Token).AsTask() : null;
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(dialling);

        try
        {
            await using var link = await (securing ?? pending.SecureAsync(Leaves.Beta, _ceiling.Token).AsTask());
            await Should.ThrowAsync<IOException>(async () => await link.Stream.ReadExactlyAsync(new byte[1], _ceiling.Token));   // it was quicker than who left
        }
        catch (FirnException e)
        {
            e.Reason.ShouldBeOneOf(FailureReason.ConnectionLost, FailureReason.NotFirn);   // the latter with TLS's alert that it was cancelled
        }
    }

    [SkippableFact]
    public async Task A_stranger_that_opens_a_stream_is_cut_off()
    {
        var accepting = AcceptAsync(_listener);
        await using var client = await QuicConnection.ConnectAsync(RawClient(_listener.Bound.Port), _ceiling.Token);
        await using var accepted = await accepting;
        await using var stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, _ceiling.Token);
        await stream.WriteAsync(new byte[1], _ceiling.Token);

        await Should.ThrowAsync<QuicException>(async () => await accepted.Stream.ReadExactlyAsync(new byte[1], _ceiling.Token));
        (await Should.ThrowAsync<QuicException>(async () => await stream.ReadExactlyAsync(new byte[1], _ceiling.Token)))
            .ApplicationErrorCode.ShouldBe(QuicSettings.Cut);
    }

    [SkippableFact]
    public async Task What_was_written_before_a_link_is_disposed_of_arrives()
    {
        for (int i = 0; i < 20; i++)
        {
            var accepting = AcceptAsync(_listener);
            await using var dialled = await DialAsync(_listener.Bound);
            var accepted = await accepting;
            await accepted.Stream.WriteAsync(new byte[50_000], _ceiling.Token);
            var disposing = accepted.DisposeAsync().AsTask();

            var received = new MemoryStream();
            await dialled.Stream.CopyToAsync(received, _ceiling.Token);
            received.Length.ShouldBe(50_001);
            await dialled.DisposeAsync();
            await disposing;
        }
    }

    [SkippableFact]
    public async Task A_link_that_is_cut_fails_whatever_waits_on_it()
    {
        var accepting = AcceptAsync(_listener);
        await using var dialled = await DialAsync(_listener.Bound);
        await using var accepted = await accepting;
        await dialled.Stream.ReadExactlyAsync(new byte[1], _ceiling.Token);
        var reading = dialled.Stream.ReadExactlyAsync(new byte[1], _ceiling.Token).AsTask();
        var opening = accepted.Native!.AcceptAsync(_ceiling.Token).AsTask();
        dialled.Abort();
        dialled.Abort();

        await Should.ThrowAsync<IOException>(reading);
        await Should.ThrowAsync<IOException>(opening);
    }

    [SkippableFact]
    public async Task The_main_stream_is_put_before_the_others()
    {
        var accepting = AcceptAsync(_listener);
        await using var dialled = await DialAsync(_listener.Bound);
        await using var accepted = await accepting;

        dialled.Native.ShouldNotBeNull("the main stream cannot be put first with this library or runtime");
        accepted.Native.ShouldNotBeNull();
    }

    [SkippableFact]
    public async Task A_listener_can_stop_waiting_and_ends_with_its_disposal()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = _listener.AcceptAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);

        var last = _listener.AcceptAsync(_ceiling.Token).AsTask();
        await _listener.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(last);
        await Should.ThrowAsync<ObjectDisposedException>(async () => await _listener.AcceptAsync(_ceiling.Token));
    }

    private Task<ILink> DialAsync(NodeAddress address) => _quic.DialAsync(address, Leaves.Alpha, _ceiling.Token).AsTask();

    /// <summary>The next connection, which it greets with a byte: who dials waits for one.</summary>
    private async Task<ILink> AcceptAsync(ITransportListener listener)
    {
        var pending = await listener.AcceptAsync(_ceiling.Token);
        return await GreetAsync(pending);
    }

    private async Task<ILink> GreetAsync(IPendingLink pending)
    {
        var link = await pending.SecureAsync(Leaves.Beta, _ceiling.Token);
        await link.Stream.WriteAsync(new byte[1], _ceiling.Token);
        return link;
    }

    private static NodeAddress AddressOf(QuicListener server) => NodeAddress.Create("quic", "127.0.0.1", server.LocalEndPoint.Port);

    private static QuicClientConnectionOptions RawClient(int port) =>
        QuicSettings.ForInitiator(new IPEndPoint(IPAddress.Loopback, port), null, Leaves.Alpha, static (_, _, _, _) => true);

    private async Task<QuicListener> RawServerAsync(string protocol, SslStreamCertificateContext context, int backlog = 512)
    {
        var options = QuicSettings.ForAcceptor(Leaves.Beta, static (_, _, _, _) => true);
        options.ServerAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol(protocol)];
        options.ServerAuthenticationOptions.ServerCertificateContext = context;
        return await QuicListener.ListenAsync(
            new QuicListenerOptions
            {
                ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                ListenBacklog = backlog,
                ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
            },
            _ceiling.Token);
    }

    /// <summary>Takes a connection and speaks first.</summary>
    private async Task<QuicConnection> ServeAsync(QuicListener server)
    {
        var connection = await server.AcceptConnectionAsync(_ceiling.Token);
        var main = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, _ceiling.Token);
        await main.WriteAsync(new byte[1], _ceiling.Token);
        return connection;
    }
    /// <summary>Says when something begins to wait for time to pass.</summary>
    private sealed class PauseWatch : TimeProvider
    {
        private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Paused => _paused.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime != Timeout.InfiniteTimeSpan)
                _paused.TrySetResult();
            return timer;
        }
    }
}
