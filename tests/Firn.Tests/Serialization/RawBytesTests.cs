using System.Buffers;
using Firn.Serialization;

namespace Firn.Tests.Serialization;

/// <summary>Bytes travel as they are: no serializer sees them, and nothing is allocated on the way.</summary>
public class RawBytesTests
{
    private static readonly byte[] Some = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];

    [Fact]
    public void Every_kind_of_bytes_is_written_as_it_is_and_reads_as_every_other()
    {
        foreach (byte[] written in new[] { [], Some })
        {
            byte[][] all =
            [
                Bytes.Of(written, new Untouched()),
                Bytes.Of(new Memory<byte>(written), new Untouched()),
                Bytes.Of(new ReadOnlyMemory<byte>(written), new Untouched()),
                Bytes.Of(Bytes.InPieces(written, 7), new Untouched()),
            ];
            all.ShouldAllBe(bytes => bytes.SequenceEqual(written));

            foreach (int size in new[] { 7, 1_000 })
            {
                var came = Bytes.InPieces(written, size);
                RawBytes.Read<byte[]>(came).ShouldBe(written);
                RawBytes.Read<Memory<byte>>(came).ToArray().ShouldBe(written);
                RawBytes.Read<ReadOnlyMemory<byte>>(came).ToArray().ShouldBe(written);
                RawBytes.Read<ReadOnlySequence<byte>>(came).ToArray().ShouldBe(written);
                using var owner = RawBytes.Read<IMemoryOwner<byte>>(came);
                owner.Memory.ToArray().ShouldBe(written);
            }
        }
    }

    [Fact]
    public void Copies_are_the_readers_own_and_lent_ones_are_not()
    {
        byte[] came = [1, 2, 3];
        var input = new ReadOnlySequence<byte>(came);
        var (array, memory, lent) = (RawBytes.Read<byte[]>(input), RawBytes.Read<Memory<byte>>(input), RawBytes.Read<ReadOnlyMemory<byte>>(input));
        using var owner = RawBytes.Read<IMemoryOwner<byte>>(input);
        came[0] = 9;

        (array[0], memory.Span[0], owner.Memory.Span[0], lent.Span[0]).ShouldBe(((byte)1, (byte)1, (byte)1, (byte)9));
        RawBytes.IsLent<ReadOnlyMemory<byte>>().ShouldBeTrue();
        RawBytes.IsLent<ReadOnlySequence<byte>>().ShouldBeTrue();
        RawBytes.IsLent<byte[]>().ShouldBeFalse();
        RawBytes.IsLent<IMemoryOwner<byte>>().ShouldBeFalse();
    }

    [Fact]
    public void An_owner_gives_its_bytes_back_once_and_shows_them_no_more()
    {
        var owner = RawBytes.Read<IMemoryOwner<byte>>(new ReadOnlySequence<byte>(Some));
        owner.Dispose();
        owner.Dispose();
        Should.Throw<ObjectDisposedException>(() => owner.Memory);
    }

    [Fact]
    public void Nothing_else_is_raw()
    {
        RawBytes.Is<string>().ShouldBeFalse();
        RawBytes.Is<object>().ShouldBeFalse();
        RawBytes.Is<int[]>().ShouldBeFalse();
        RawBytes.Is<ArraySegment<byte>>().ShouldBeFalse();
        RawBytes.TryGet("text", out _).ShouldBeFalse();
        RawBytes.TryGet<object>(Some, out _).ShouldBeFalse("its reader, who expects an object, would take it for JSON");
    }

    [Fact]
    public void Null_and_owners_are_refused_at_the_sender()
    {
        Should.Throw<FirnException>(() => Bytes.Of<byte[]>(null!)).Reason.ShouldBe(FailureReason.NotSerializable);
        using var owner = MemoryPool<byte>.Shared.Rent();
        Should.Throw<FirnException>(() => Bytes.Of(owner)).Message.ShouldContain("send its Memory");
    }

    [Fact]
    public void Writing_and_reading_lent_bytes_allocates_nothing()
    {
        var output = new ArrayBufferWriter<byte>(1_000);
        var input = new ReadOnlySequence<byte>(Some);
        long AllocatedBy(int rounds)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < rounds; i++)
            {
                output.ResetWrittenCount();
                Payloads.Write<ReadOnlyMemory<byte>>(Some, JsonMessageSerializer.Default, output);
                Payloads.Write(Some, JsonMessageSerializer.Default, output);
                Payloads.Write(input, JsonMessageSerializer.Default, output);
                Payloads.Read<ReadOnlyMemory<byte>>(input, JsonMessageSerializer.Default, null);
                Payloads.Read<ReadOnlySequence<byte>>(input, JsonMessageSerializer.Default, null);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        AllocatedBy(10);
        AllocatedBy(1_000).ShouldBe(0);
        output.WrittenCount.ShouldBe(300);
    }

    private sealed class Untouched : MessageSerializer
    {
        public override void Serialize<T>(T value, IBufferWriter<byte> output) => Assert.Fail("asked to write bytes");

        public override T Deserialize<T>(in ReadOnlySequence<byte> input) => throw new InvalidOperationException("asked to read bytes");
    }
}
