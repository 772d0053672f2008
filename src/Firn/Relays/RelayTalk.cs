using Firn.Protocol;
using Firn.Protocol.Wire;

namespace Firn.Relays;

/// <summary>Reads and writes the messages of relaying, and not a byte of what follows them.</summary>
internal static class RelayTalk
{
    /// <summary>How long the two ends of a stream have to come to terms: 10 seconds.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>How long a relay waits for the node that is asked for: 5 seconds, so that the asker still hears that it is silent.</summary>
    public static readonly TimeSpan TargetDeadline = TimeSpan.FromSeconds(5);

    /// <summary>The next message; null when it is longer than any may be.</summary>
    /// <exception cref="IOException">The stream is over.</exception>
    public static async Task<byte[]?> ReceiveAsync(FirnStream stream, CancellationToken cancellationToken)
    {
        var prefix = new byte[RelayMessages.PrefixLength];
        await stream.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        if (!RelayMessages.TryReadLength(prefix, out int length))
            return null;

        var message = new byte[length];
        await stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
        return message;
    }

    /// <exception cref="IOException">The stream is over.</exception>
    public static async Task<RelayStatus> ReceiveAnswerAsync(FirnStream stream, CancellationToken cancellationToken) =>
        await ReceiveAsync(stream, cancellationToken).ConfigureAwait(false) is { } message
            ? RelayMessages.ReadAnswer(message)
            : RelayStatus.Unspecified;
}
