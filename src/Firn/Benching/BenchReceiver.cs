namespace Firn.Benching;

/// <summary>The process to which the partner sends: counts, and says how many there were when the partner is done.</summary>
internal sealed class BenchReceiver
{
    private TaskCompletionSource<long> _next = new();

    /// <summary>The number of messages until the next end; to be asked before the partner is told to send.</summary>
    public Task<long> Next()
    {
        _next = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _next.Task;
    }

    public async Task RunAsync(Process<ReadOnlyMemory<byte>> self)
    {
        long count = 0;
        await foreach (var message in self.Messages.ConfigureAwait(false))
        {
            if (BenchProtocol.CommandOf(message.Body) == BenchCommand.Count)
            {
                count++;
                continue;
            }

            _next.TrySetResult(count);
            count = 0;
        }
    }
}
