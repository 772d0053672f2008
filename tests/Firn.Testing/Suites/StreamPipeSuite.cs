using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>The two ends of a stream as pipes.</summary>
public abstract class StreamPipeSuite : FabricSuite
{
    private protected StreamPipeSuite(Func<Fabric> create)
        : base(create)
    {
    }

    [SkippableFact]
    public async Task Lines_can_be_parsed_from_a_pipe()
    {
        await using var pair = await OpenAsync();
        var serving = Task.Run(async () =>
        {
            while (await ReadLineAsync(pair.There.Input) is { } line)
                await pair.There.Output.WriteAsync(Encoding.UTF8.GetBytes($"{line.Length}\n"));
            await pair.There.Output.CompleteAsync();
        });
        for (int i = 0; i < 200; i++)
        {
            string line = new('x', i * 37 % 3000);
            Encoding.UTF8.GetBytes(line, pair.Here.Output);
            if (i % 3 == 0)
                await pair.Here.Output.FlushAsync();
            await pair.Here.Output.WriteAsync("\n"u8.ToArray());
            (await ReadLineAsync(pair.Here.Input).Within()).ShouldBe($"{line.Length}");
        }

        await pair.Here.Output.CompleteAsync();
        (await ReadLineAsync(pair.Here.Input).Within()).ShouldBeNull();
        await serving.Within();
    }

    [SkippableFact]
    public async Task A_reader_that_looks_at_more_than_the_window_before_it_consumes_gets_it()
    {
        await using var pair = await OpenAsync();
        var sent = StreamTesting.Bytes(1_500_000);
        var writing = pair.Here.WriteAsync(sent).AsTask();
        var result = await pair.There.Input.ReadAtLeastAsync(sent.Length).Within();
        result.Buffer.ToArray().SequenceEqual(sent).ShouldBeTrue();
        pair.There.Input.AdvanceTo(result.Buffer.End);
        await writing.Within();
    }

    [SkippableFact]
    public async Task What_was_examined_and_not_consumed_is_read_again()
    {
        await using var pair = await OpenAsync();
        await pair.Here.Output.WriteAsync(new byte[] { 1, 2, 3 });
        var result = await pair.There.Input.ReadAtLeastAsync(3).Within();
        pair.There.Input.AdvanceTo(result.Buffer.GetPosition(1), result.Buffer.End);
        var next = pair.There.Input.ReadAsync().AsTask();
        next.IsCompleted.ShouldBeFalse();
        await pair.Here.Output.WriteAsync(new byte[] { 4 });
        result = await next.Within();
        result.Buffer.ToArray().ShouldBe([2, 3, 4]);
        pair.There.Input.AdvanceTo(result.Buffer.End);
    }

    [SkippableFact]
    public async Task Completing_the_output_says_the_end_and_reading_goes_on()
    {
        await using var pair = await OpenAsync();
        pair.Here.Output.Write(new byte[] { 1, 2 });
        await pair.Here.Output.CompleteAsync().Within();
        await pair.Here.Output.CompleteAsync().Within();
        (await pair.There.ReadToEndAsync()).ShouldBe([1, 2]);
        await pair.There.WriteAsync(new byte[] { 3 });
        (await pair.Here.TakeAsync(1)).ShouldBe([3]);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Completing_the_output_or_the_input_with_an_exception_resets_the_stream(bool output)
    {
        await using var pair = await OpenAsync();
        pair.Here.Output.Write(new byte[] { 1, 2 });
        if (output)
            await pair.Here.Output.CompleteAsync(new InvalidDataException());
        else
            await pair.Here.Input.CompleteAsync(new InvalidDataException());

        (await Should.ThrowAsync<StreamResetException>(() => pair.There.ReadToEndAsync())).Code.ShouldBe(StreamResetCode.Cancelled);
    }

    [SkippableFact]
    public async Task Whoever_completes_its_input_holds_up_nobody_and_goes_on_writing()
    {
        await using var pair = await OpenAsync();
        await pair.Here.WriteAsync(new byte[100_000]);
        var result = await pair.There.Input.ReadAsync().Within();
        pair.There.Input.AdvanceTo(result.Buffer.End);
        await pair.There.Input.CompleteAsync();
        await pair.Here.WriteAsync(new byte[5_000_000]).Within();
        await pair.There.WriteAsync(new byte[] { 4 });
        (await pair.Here.TakeAsync(1)).ShouldBe([4]);

        pair.There.CompleteWrites();   // now it neither writes nor reads
        (await pair.Here.ReadAsync(new byte[1]).Within()).ShouldBe(0);
        await Should.ThrowAsync<StreamResetException>(async () =>
        {
            while (true)
                await pair.Here.WriteAsync(new byte[100_000]).Within();
        });
    }

    private async Task<StreamPair> OpenAsync()
    {
        var (_, beta, peer, _) = await PairAsync();
        return await StreamPair.OpenAsync(peer, beta);
    }

    private static async Task<string?> ReadLineAsync(PipeReader reader)
    {
        while (true)
        {
            var result = await reader.ReadAsync();
            if (result.Buffer.PositionOf((byte)'\n') is { } end)
            {
                string line = Encoding.UTF8.GetString(result.Buffer.Slice(0, end));
                reader.AdvanceTo(result.Buffer.GetPosition(1, end));
                return line;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
                return null;
        }
    }
}
