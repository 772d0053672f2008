using System.Diagnostics;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Sessions;
using Firn.Telemetry;
using Firn.Transports;

namespace Firn.Runtime;

/// <summary>Carries out one dial after the other: connect, TLS, handshake, all within 10 seconds.</summary>
internal sealed class Dialler(NodeCore node) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskGroup _dials = new();

    public void Start(StartDial dial) => _dials.Run(() => DialAsync(dial));

    /// <summary>Cancels what is under way and waits for its end; later dials are not begun.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _dials.CloseAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task DialAsync(StartDial dial)
    {
        using var activity = FirnTelemetry.Activities.StartActivity("firn.dial", ActivityKind.Client);
        activity?.SetTag("server.address", dial.Address.Host);
        activity?.SetTag("server.port", dial.Address.Port);
        using var deadline = new CancellationTokenSource(Deadline, node.Clock.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
        ILink? link = null;
        bool isSession = false;
        try
        {
            var transport = node.Setup.Transports.FirstOrDefault(t => t.Scheme == dial.Address.Scheme)
                ?? throw new FirnException(FailureReason.Unsupported, $"{dial.Address}: this build of Firn does not dial {dial.Address.Scheme}; use tcp.");
            link = await transport.DialAsync(dial.Address, node.Setup.Credentials.For(node.Clock.Wall), limit.Token).ConfigureAwait(false);
            isSession = await node.Handshaker.InitiateAsync(link, dial, limit.Token).ConfigureAwait(false);
            node.Telemetry.HandshakeEnded("initiator", isSession ? "ok" : "yielded");
        }
        catch (HandshakeException e)
        {
            bool isYielding = Handshaker.IsYielding(e);
            var refusal = e.IsByPeer && e.IsProved ? e.Reason : RefusalReason.Unspecified;
            if (!isYielding && !node.IsStopping)
                node.Telemetry.Refused("initiator", e.Failure);
            Fail(
                dial, refusal, e.Failure, e.Message, isYielding ? "yielded" : e.Cause.ToString(), isYielding ? null : activity,
                isProofRefused: e.Cause == RefusalCause.ProofRefused);
        }
        catch (FirnException e)
        {
            Fail(dial, RefusalReason.Unspecified, e.Reason, e.Message, e.Reason.ToString(), activity);
        }
        catch (Exception e) when (deadline.IsCancellationRequested && Handshaker.IsFailure(e))
        {
            var message = $"{dial.Address} did not answer within {Deadline.TotalSeconds} s.";
            Fail(dial, RefusalReason.Unspecified, FailureReason.TimedOut, message, "TimedOut", activity);
        }
        catch (Exception e) when (Handshaker.IsFailure(e))
        {
            var message = $"{dial.Address}: the connection broke during the handshake: {e.Message}";
            Fail(dial, RefusalReason.Unspecified, FailureReason.ConnectionLost, message, "ConnectionLost", activity);
        }
        finally
        {
            if (!isSession && link is not null)
                await link.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Fail(
        StartDial dial, RefusalReason refusal, FailureReason reason, string message, string result, Activity? activity,
        bool isProofRefused = false)
    {
        activity?.SetStatus(ActivityStatusCode.Error, result);
        node.Leave(dial.Link);
        if (node.IsStopping)
            return;   // it is this node that has given up

        node.Telemetry.HandshakeEnded("initiator", result);
        node.Tell((rules, now) => rules.OnDialFailed(dial.Link, refusal, reason, message, now, isProofRefused));
    }
}
