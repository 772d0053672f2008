using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Tests that measure the whole process, and so run while no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

[Collection(AloneCollection.Name)]
public class StreamAllocationTests : StreamFixture
{
    [Theory]
    [InlineData(200)]
    [InlineData(4_000)]
    [InlineData(100_000)]
    public async Task Reading_and_writing_allocate_next_to_nothing(int chunk)
    {
        await using var pair = await OpenAsync();
        var (buffer, written) = (new byte[64 * 1024], new byte[chunk]);
        long least = long.MaxValue;
        for (int i = 0; i < 8; i++)   // what every frame costs shows in each round; compiling and growing pools do not
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await TransferAsync(4);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / 4);
        }

        least.ShouldBeLessThan(10_000, $"bytes allocated at both ends for each MiB, in writes of {chunk} bytes");

        // A quarter of a MiB at a time, so that what is unread never is more than the buffers that the process pools.
        async Task TransferAsync(int mebibytes)
        {
            for (int i = 0; i < 4 * mebibytes; i++)
                await TransferQuarterAsync(256 * 1024);
        }

        async Task TransferQuarterAsync(int total)
        {
            var writing = Task.Run(async () =>
            {
                for (int left = total; left > 0; left -= chunk)
                    await pair.Here.WriteAsync(written.AsMemory(0, Math.Min(chunk, left)));
            });
            for (int left = total; left > 0;)
                left -= await pair.There.ReadAsync(buffer);
            await writing.Within();
        }
    }
}
